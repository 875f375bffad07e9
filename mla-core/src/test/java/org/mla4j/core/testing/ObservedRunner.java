package org.mla4j.core.testing;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

/** A step runner that keeps what it saw of the last step: nodes, values, caches. */
public final class ObservedRunner implements AutoCloseable {
  private final StepRunner runner;
  private final List<String> nodes = new ArrayList<>();
  private final Map<String, List<float[]>> values = new HashMap<>();
  private final Map<String, Tensor> caches = new HashMap<>();
  private boolean poisoning;

  /** Runs a model in steps of up to 64 tokens, with all logits. */
  public ObservedRunner(ModelDefinition model, EngineOptions.Builder options) {
    runner =
        StepRunner.build(
            model,
            options
                .maxTokensPerStep(64)
                .maxSequences(8)
                .cacheTokens(512)
                .allLogits(true)
                .threads(2)
                .build());
  }

  /** Fills the rows of all outputs beyond the live ones with NaN, from now on. */
  public void poisonDeadRows() {
    poisoning = true;
  }

  public StepDescription step() {
    return runner.step();
  }

  /** Adds new tokens of a sequence, with their ids made of their position, and wants all logits. */
  public void add(Phase phase, int seed, int context, int count, int... blocks) {
    int[] ids = new int[context + count];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (seed * 31 + i * 7) % TinyModel.VOCABULARY;
    }
    step().addSequence(phase, context, ids, context, count, blocks, blocks.length);
    if (count > 0) {
      step().wantAllLogits();
    }
  }

  /** Runs the step that was described. */
  public void run() {
    nodes.clear();
    values.clear();
    runner.run(this::after);
  }

  private void after(Node node, StepDescription step, Bindings bindings) {
    nodes.add(node.name());
    for (Value written : node.op().writes()) {
      switch (written) {
        case CacheValue cache -> caches.put(cache.name(), bindings.cache(cache));
        case StepValue value when value.dtype() == DType.F32 -> keep(value, step, bindings);
        default -> {}
      }
    }
  }

  private void keep(StepValue value, StepDescription step, Bindings bindings) {
    StepTensor tensor = bindings.tensor(value);
    int live = tensor.count(step);
    if (value.isRowDense()) {
      float[] rows = new float[live * value.rowWidth()];
      for (int row = 0; row < live; row++) {
        for (int i = 0; i < value.rowWidth(); i++) {
          long at = tensor.offset(step) + row * tensor.rowBytes() + (long) i * Float.BYTES;
          rows[row * value.rowWidth() + i] =
              tensor.tensor().segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        }
      }
      values.computeIfAbsent(value.name(), _ -> new ArrayList<>()).add(rows);
    }
    if (poisoning && !value.isView()) {
      long from = tensor.offset(step) + live * tensor.rowBytes();
      long end =
          tensor.tensor().byteOffset() + tensor.tensor().shape().extent(0) * tensor.rowBytes();
      for (long at = from; at < end; at += Float.BYTES) {
        tensor.tensor().segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, Float.NaN);
      }
    }
  }

  /** The nodes that ran in the last step, in order. */
  public List<String> nodes() {
    return List.copyOf(nodes);
  }

  /** The live rows of a value, as they were when it was written last. */
  public float[] value(String name) {
    return each(name).getLast();
  }

  /** The live rows of a value for each time that it was written. */
  public List<float[]> each(String name) {
    return Objects.requireNonNull(values.get(name), () -> name + " was not written");
  }

  /** The logits of a row. */
  public float[] logits(int row) {
    return runner.logits(row);
  }

  /** The cache of a layer, as bytes; known once a step has written it. */
  public byte[] cache(String name) {
    return cacheTensor(name).segment().toArray(ValueLayout.JAVA_BYTE);
  }

  /** The cache of a layer itself. */
  public Tensor cacheTensor(String name) {
    return Objects.requireNonNull(caches.get(name), () -> name + " was not written");
  }

  /** Bytes by purpose. */
  public Map<String, Long> memory() {
    return runner.memory();
  }

  @Override
  public void close() {
    runner.close();
  }
}
