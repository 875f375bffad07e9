package org.mla4j.models.convert;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Linear;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.NodeObserver;

/**
 * Runs a model over a text and collects the second moments of each layer's queries, keys and values
 * as their projections give them, before rotation.
 */
final class Calibration implements NodeObserver {
  private static final String PREFIX = "model.layers.";

  /** What a projection's output belongs to. */
  private record Place(int layer, Role role) {}

  private enum Role {
    QUERIES,
    KEYS,
    VALUES
  }

  private final GqaShape shape;
  private final List<Moments> moments = new ArrayList<>();
  private final Map<String, Place> places = new HashMap<>();

  /** Keys of a step's tokens, which wait for the values. */
  private final List<float[]> keys = new ArrayList<>();

  private Calibration(GqaShape shape) {
    this.shape = shape;
    for (int layer = 0; layer < shape.layers(); layer++) {
      moments.add(new Moments(shape));
      String prefix = PREFIX + layer + ".self_attn.";
      places.put(prefix + "q_proj.weight", new Place(layer, Role.QUERIES));
      places.put(prefix + "k_proj.weight", new Place(layer, Role.KEYS));
      places.put(prefix + "v_proj.weight", new Place(layer, Role.VALUES));
    }
  }

  /**
   * Calibrates.
   *
   * @param model the source model
   * @param windows token ids
   * @param options threads and progress
   * @return moments of each layer
   */
  static List<Moments> of(
      ModelDefinition model, GqaShape shape, int[][] windows, EngineOptions options) {
    Calibration calibration = new Calibration(shape);
    ProgressListener progress = options.progress();
    try (Windows runner = new Windows(model, options, windows)) {
      for (int i = 0; i < windows.length; i++) {
        runner.run(windows[i], calibration);
        progress.progress("windows calibrated", i + 1, windows.length);
      }
    }
    return calibration.moments;
  }

  @Override
  public void after(Node node, StepDescription step, Bindings bindings) {
    if (!(node.op() instanceof Linear linear)) {
      return;
    }
    Place place = places.get(linear.weight().name());
    if (place == null) {
      return;
    }
    StepTensor out = bindings.tensor(linear.out());
    Moments taken = moments.get(place.layer());
    switch (place.role()) {
      case QUERIES -> rows(out, step).forEach(taken::addQueries);
      case KEYS -> {
        keys.clear();
        keys.addAll(rows(out, step));
      }
      case VALUES -> {
        List<float[]> values = rows(out, step);
        for (int row = 0; row < values.size(); row++) {
          taken.addKeysAndValues(joined(Objects.requireNonNull(keys.get(row)), values.get(row)));
        }
      }
    }
  }

  private float[] joined(float[] key, float[] value) {
    float[] both = new float[2 * shape.keyWidth()];
    System.arraycopy(key, 0, both, 0, shape.keyWidth());
    System.arraycopy(value, 0, both, shape.keyWidth(), shape.keyWidth());
    return both;
  }

  private static List<float[]> rows(StepTensor values, StepDescription step) {
    List<float[]> rows = new ArrayList<>();
    long start = values.offset(step);
    // A projection's rows are dense, whatever shape they are looked at in.
    long bytes =
        Float.BYTES * values.tensor().shape().elements() / values.tensor().shape().extent(0);
    for (int row = 0; row < values.count(step); row++) {
      rows.add(
          values
              .tensor()
              .segment()
              .asSlice(start + row * values.rowBytes(), bytes)
              .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
    return rows;
  }
}
