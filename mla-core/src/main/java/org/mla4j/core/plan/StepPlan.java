package org.mla4j.core.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Sample;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
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
 * @param nodes the nodes
 * @param caches the caches of all layers
 * @param logits F32 {@code [logit rows, vocabulary]}
 * @param sampled I32 {@code [logit rows, 1]}
 */
public record StepPlan(
    String model,
    List<PlannedNode> nodes,
    List<CacheValue> caches,
    StepValue logits,
    StepValue sampled) {
  /** Copies the lists. */
  public StepPlan {
    nodes = List.copyOf(nodes);
    caches = List.copyOf(caches);
  }

  /**
   * Makes the plan of a model: records what the model asks for, offers each pluggable layer whole,
   * expands those nobody takes, and chooses who runs each op.
   *
   * @param model the model
   * @param backends the opened backends in the order in which they are asked, {@code cpu} last
   * @param options what the user chose
   * @param positions the longest sequence
   * @return the plan
   */
  public static StepPlan of(
      ModelDefinition model, List<OpenBackend> backends, EngineOptions options, int positions) {
    PlanRecorder recorder = PlanRecorder.start(positions);
    StepValue logits = model.contribute(recorder, options.cacheDTypes());
    requireLayers(options.cacheDTypes(), recorder);
    StepValue sampled = recorder.buffer("sampled", DType.I32, Rows.LOGITS, 1);
    recorder.add("sample", Rows.LOGITS, new Sample(logits, sampled));
    List<PlannedNode> nodes = new ArrayList<>();
    choose(recorder.elements(), List.of(), new BackendChoice(backends, options), nodes);
    return new StepPlan(model.name(), nodes, recorder.caches(), logits, sampled);
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

  private static void choose(
      List<PlanRecorder.Element> elements,
      List<Declined> inherited,
      BackendChoice choice,
      List<PlannedNode> nodes) {
    List<Declined> pending = inherited;
    for (PlanRecorder.Element element : elements) {
      switch (element) {
        case PlanRecorder.Element.OpElement(Node node) -> nodes.add(choice.chooseOp(node, pending));
        case PlanRecorder.Element.LayerElement layer -> {
          BackendChoice.LayerDecision decision = choice.chooseLayer(layer.call());
          List<Declined> declined = new ArrayList<>(pending);
          declined.addAll(decision.declined());
          if (decision.taker().isPresent()) {
            nodes.add(new PlannedNode(layer.whole(), decision.taker().get(), declined));
          } else {
            List<PlannedNode> defaultForward = new ArrayList<>();
            choose(layer.expand(), declined, choice, defaultForward);
            choice.requireCovered(layer.call(), decision, defaultForward);
            nodes.addAll(defaultForward);
          }
        }
      }
      pending = List.of(); // a layer's refusals are told once, at its first node
    }
  }

  /**
   * Returns the nodes without who runs them.
   *
   * @return in order
   */
  public List<Node> plainNodes() {
    return nodes.stream().map(PlannedNode::node).toList();
  }

  Explanation explain(List<String> kernels) {
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
    return new Explanation(model, entries);
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }
}
