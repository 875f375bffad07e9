package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Before;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.diagnosis.Explanation.Fusion;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Sample;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;

/**
 * The plan of a step: all nodes in order, each with who runs it. Immutable.
 *
 * @param model name of the model
 * @param before the nodes before fusion
 * @param nodes the nodes
 * @param fusions what became of each place where nodes could be one
 * @param consulted names of the backends that were asked for anything
 * @param caches the caches of all layers
 * @param logits F32 {@code [logit rows, vocabulary]}
 * @param sampled I32 {@code [logit rows, 1]}
 */
public record StepPlan(
    String model,
    List<Before> before,
    List<PlannedNode> nodes,
    List<Fusion> fusions,
    Set<String> consulted,
    List<CacheValue> caches,
    StepValue logits,
    StepValue sampled) {
  /** Copies the lists. */
  public StepPlan {
    before = List.copyOf(before);
    nodes = List.copyOf(nodes);
    fusions = List.copyOf(fusions);
    consulted = Set.copyOf(consulted);
    caches = List.copyOf(caches);
  }

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
  public static StepPlan of(
      ModelDefinition model, List<OpenBackend> backends, EngineOptions options, StepLimits limits) {
    Candidates candidates = new Candidates(backends, options);
    PlanDraft draft = new PlanDraft(candidates, options);
    PlanRecorder recorder =
        PlanRecorder.start(
            limits.maxSequenceLength(),
            new Decisions(new LayoutSelection(backends, limits.blockSize()), draft.attention()));
    StepValue logits = model.contribute(recorder, options.cacheDTypes());
    requireLayers(options.cacheDTypes(), recorder);
    StepValue sampled = recorder.buffer("sampled", DType.I32, Rows.LOGITS, 1);
    recorder.add("sample", Rows.LOGITS, new Sample(logits, sampled));
    draft.record(recorder.elements());
    draft.fuse(List.of(logits, sampled));
    draft.expand();
    draft.settle();
    List<PlannedNode> nodes = new PlanTaking(candidates, options.ops()).offer(draft.nodes());
    return new StepPlan(
        model.name(),
        draft.before(),
        nodes,
        draft.fusions(),
        candidates.consulted(),
        recorder.caches(),
        logits,
        sampled);
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

  /**
   * Returns the nodes without who runs them.
   *
   * @return in order
   */
  public List<Node> plainNodes() {
    return nodes.stream().map(PlannedNode::node).toList();
  }

  /**
   * Returns the nodes whose memory is needed: those of a plan that is taken whole, too.
   *
   * @return in order
   */
  List<Node> nodesInMemory() {
    return nodes.stream()
        .flatMap(
            planned ->
                planned.node().op() instanceof WholePlan whole
                    ? whole.nodes().stream()
                    : Stream.of(planned.node()))
        .toList();
  }

  Explanation explain(List<String> kernels, List<String> execution, List<Declined> notConsulted) {
    List<Explanation.Entry> entries = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      PlannedNode planned = nodes.get(i);
      Node node = planned.node();
      entries.add(
          new Explanation.Entry(
              node.name(),
              node.op().type(),
              node.rows(),
              names(node.op().reads()),
              names(node.op().writes()),
              planned.backend().name(),
              kernels.get(i),
              planned.declined()));
    }
    return new Explanation(model, before, entries, fusions, execution, notConsulted);
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }
}
