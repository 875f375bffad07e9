package org.mla4j.core.runner;

import java.util.List;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.execution.PreparedPlan;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plan.PlacedNode;
import org.mla4j.core.plan.StepPlan;
import org.mla4j.core.registry.BackendRegistry;

/**
 * What an engine would be for a model: its plan and its memory. No weight is taken, and neither
 * caches nor buffers are allocated.
 *
 * @param limits the largest step
 * @param nodes the nodes of the plan, in order; of a plan that is taken whole, those inside
 * @param caches the caches of all layers
 * @param bufferBytes bytes of the values of a step
 */
public record ModelOutline(
    StepLimits limits, List<Node> nodes, List<CacheValue> caches, long bufferBytes) {
  /** Copies the lists. */
  public ModelOutline {
    nodes = List.copyOf(nodes);
    caches = List.copyOf(caches);
  }

  /**
   * Outlines a model.
   *
   * @param model the model
   * @param options what the user chose, as for an engine
   * @return the outline
   * @throws org.mla4j.api.error.MlaException if an engine could not be opened for the same reason
   */
  public static ModelOutline of(ModelDefinition model, EngineOptions options) {
    StepLimits limits = RunnerLimits.of(model, options);
    BackendRegistry registry = BackendRegistry.discover(options.pluginLoader());
    try (Machine machine = Machine.open(registry, limits, options, model.name())) {
      StepPlan plan = machine.plan(model);
      return new ModelOutline(
          limits,
          plan.nodesInMemory().stream().map(PlacedNode::node).toList(),
          plan.caches(),
          PreparedPlan.bufferBytes(plan, limits));
    }
  }
}
