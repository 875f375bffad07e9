package org.mla4j.core.planner;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Sample;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.StepPlan;
import org.mla4j.core.residency.DeviceCopies;

/** Makes the plan of a model. */
public final class Planner {
  private Planner() {}

  /**
   * Makes the plan of a model: records what the model asks for, offers each pluggable layer whole,
   * expands those nobody takes, chooses who runs each op, fuses what may be fused, and offers the
   * result whole.
   *
   * @param model the model
   * @param backends the opened backends in the order in which they are asked, {@code cpu} last
   * @param options what the user chose
   * @param limits the largest step
   * @return the plan
   */
  public static StepPlan plan(
      ModelDefinition model, List<OpenBackend> backends, EngineOptions options, StepLimits limits) {
    CacheOwners owners = new CacheOwners();
    Candidates candidates = new Candidates(backends, options, owners);
    while (true) {
      PlanDraft draft = new PlanDraft(candidates, options);
      PlanRecorder recorder =
          PlanRecorder.start(
              limits.maxSequenceLength(),
              new Decisions(
                  new LayoutSelection(candidates, options.ops(), limits.blockSize()),
                  draft.attention()));
      StepValue logits = model.contribute(recorder, options.cacheDTypes());
      requireLayers(options.cacheDTypes(), recorder);
      StepValue sampled = recorder.buffer("sampled", DType.I32, Rows.LOGITS, 1);
      recorder.add("sample", Rows.LOGITS, new Sample(logits, sampled));
      draft.record(recorder.elements());
      draft.fuse(List.of(logits, sampled));
      draft.expand();
      draft.settle();
      if (owners.accept(draft.nodes())) { // else once more, with fewer caches on devices
        List<PlannedNode> nodes = new PlanTaking(candidates, options.ops()).offer(draft.nodes());
        DeviceCopies.Placed placed = DeviceCopies.place(nodes, logits, sampled, Question::supports);
        return new StepPlan(
            model.name(),
            draft.before(),
            placed.nodes(),
            draft.fusions(),
            candidates.consulted(),
            recorder.caches(),
            logits,
            sampled,
            placed.residency());
      }
    }
  }

  /** What backends have a say in while the model records. */
  private record Decisions(LayoutSelection layouts, AttentionSelection attention)
      implements PlanRecorder.Decisions {
    @Override
    public CacheLayout layout(CacheSpec spec) {
      return layouts.of(spec);
    }

    @Override
    public Optional<AttentionForm> attentionForm(
        String layer, Function<AttentionForm, CompositeOp> offer) {
      return attention.form(layer, offer);
    }
  }

  /** A choice for layers that the model does not have would go unnoticed. */
  private static void requireLayers(CacheDTypes chosen, PlanRecorder recorder) {
    Set<String> types = new TreeSet<>();
    for (PlanRecorder.Element element : recorder.elements()) {
      if (element instanceof PlanRecorder.Element.LayerElement layer && hasCache(layer.call())) {
        types.add(layer.call().type());
      }
    }
    for (String type : chosen.byLayerType().keySet()) {
      if (!types.contains(type)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Option cacheDType names layers of type '"
                + type
                + "'; expected one of those of the model that have a cache: "
                + String.join(", ", types)
                + ".");
      }
    }
  }

  private static boolean hasCache(LayerCall call) {
    return call.writes().stream().anyMatch(CacheValue.class::isInstance);
  }
}
