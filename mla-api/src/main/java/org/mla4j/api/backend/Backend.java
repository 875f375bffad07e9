package org.mla4j.api.backend;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.HostStorage;

/**
 * An opened backend: a device with its queue and kernels, for one engine. Keeps no state in
 * statics.
 *
 * <p>Life: {@code supports} and {@code create} while the engine is built, then {@code prepare} once
 * per step and the kernels' {@code forward}, then the kernels are closed, then the backend.
 *
 * <p>Threading: all calls come from one thread at a time.
 */
public interface Backend extends AutoCloseable {
  /**
   * Returns where its kernels submit their work.
   *
   * @return always the same queue
   */
  default Queue queue() {
    return Queue.SYNCHRONOUS;
  }

  /**
   * Returns where its kernels expect their tensors. Values that others compute, or want, are taken
   * across by {@link org.mla4j.api.op.CopyTo} nodes, which a backend with a device of its own runs
   * in both directions: between the host and its device.
   *
   * @return {@code host}, or a device whose {@linkplain #memory() memory} only this backend reaches
   */
  default String device() {
    return HostStorage.DEVICE;
  }

  /**
   * Returns the memory of its device.
   *
   * @return always the same; empty exactly if the device is the host
   */
  default Optional<DeviceMemory> memory() {
    return Optional.empty();
  }

  /**
   * Returns the types of ops it has kernels for. Only these are asked for.
   *
   * @return names of {@link Op#VOCABULARY}, and of {@linkplain org.mla4j.api.op.VendorOp its own}
   */
  default Set<String> ops() {
    return Set.of();
  }

  /**
   * Returns how much of an MLA layer its attention kernels do. The plan is cut so that the first
   * form that {@link #supports} accepts takes its inputs at that stage and returns that form; only
   * a backend with {@code mla_attention} among its {@linkplain #ops() ops} is asked.
   *
   * @return the forms, preferred ones first
   */
  default List<AttentionForm> attentionForms() {
    return List.of();
  }

  /**
   * Returns how caches may lie in memory for its kernels.
   *
   * @return the layouts, preferred ones first
   */
  default List<CacheLayout> cacheLayouts() {
    return List.of(CacheLayout.ROW_MAJOR);
  }

  /**
   * Tells whether its kernels can work on a cache that lies as another backend prefers.
   *
   * @param layout the layout
   * @return true for those of {@link #cacheLayouts()} unless overridden
   */
  default boolean takesLayout(CacheLayout layout) {
    return cacheLayouts().contains(layout);
  }

  /**
   * Returns its own fusion passes, tried before those of the core.
   *
   * @return the passes, in the order in which they are tried
   */
  default List<FusionPass> fusionPasses() {
    return List.of();
  }

  /**
   * Returns the types of layers it can take whole. Only these are asked for.
   *
   * @return names such as {@code multi_head_latent_attention}
   */
  default Set<String> layers() {
    return Set.of();
  }

  /**
   * Returns the optional features of ops and layers that it knows.
   *
   * @return names; a call with a feature not among them is not offered
   */
  default Set<String> features() {
    return Set.of();
  }

  /**
   * Tells whether it can run an op of one of its types, with these shapes, types and weights.
   *
   * @param op the op
   * @return yes, or no with the reasons; never an exception because something is unsupported
   */
  default Support supports(Op op) {
    return Support.yes();
  }

  /**
   * Creates the kernel of an op that it supports. Weights are taken here: dequantised, re-laid out,
   * uploaded.
   *
   * @param op an op of one of its types
   * @param bindings the memory behind the op's values
   * @return the kernel
   */
  default Kernel create(Op op, Bindings bindings) {
    throw new UnsupportedOperationException("This backend has no op '" + op.type() + "'.");
  }

  /**
   * Creates a whole layer that it supports.
   *
   * @param call a layer of one of its types
   * @param bindings the memory behind the layer's inputs, cache and outputs
   * @return the layer, for {@code multi_head_latent_attention} a {@link
   *     org.mla4j.api.layer.MultiHeadLatentAttention}
   */
  default PluggableLayer createLayer(LayerCall call, Bindings bindings) {
    throw new UnsupportedOperationException("This backend has no layer '" + call.type() + "'.");
  }

  /**
   * Tells whether it can take the whole plan of a step, fused already, and compile it to something
   * of its own. Whatever it answers, it is not given a plan with an op that the user switched off
   * or pinned elsewhere, with a feature that it does not know, or with a cache in a layout that it
   * does not take.
   *
   * @param nodes the plan, in order
   * @return yes, or no with the reasons; empty if it never takes plans
   */
  default Optional<Support> supportsPlan(List<Node> nodes) {
    return Optional.empty();
  }

  /**
   * Compiles the whole plan of a step that it supports. Which rows the step has, and how many
   * context passes, is up to the kernel. Values whose nodes do not overlap in the order of the plan
   * may {@linkplain Bindings share memory}: what is computed in another order, or at once, needs
   * memory of its own.
   *
   * @param nodes the plan, in order
   * @param bindings the memory behind its values
   * @return one kernel for all of it
   */
  default Kernel createPlan(List<Node> nodes, Bindings bindings) {
    throw new UnsupportedOperationException("This backend takes no whole plans.");
  }

  /**
   * Returns which steps it can capture. Without that its nodes are launched one by one in graph
   * mode too.
   *
   * @return the level
   */
  default GraphSupport graphSupport() {
    return GraphSupport.NEVER;
  }

  /**
   * Captures neighbouring nodes for replay. Called while the engine is built.
   *
   * @param request the nodes and their kernels
   * @return the graph; closed before the kernels
   */
  default Graph capture(GraphRequest request) {
    throw new UnsupportedOperationException("This backend captures no graphs.");
  }

  /**
   * Turns the description of a step into what the kernels want. Called once per step, before the
   * first kernel, and not once per layer.
   *
   * @param step the step
   */
  default void prepare(StepDescription step) {}

  /**
   * Tells whether it can take its weights again.
   *
   * @return false unless {@link #reloadWeights} is implemented
   */
  default boolean canReloadWeights() {
    return false;
  }

  /**
   * Takes all weights again, into the storage they are in, and derives again what it had derived.
   * Called between steps, after the values behind the weight handles have changed; only a backend
   * that runs an op with weights is asked.
   */
  default void reloadWeights() {
    throw new UnsupportedOperationException("This backend cannot reload weights.");
  }

  /** Releases everything. Calling it twice does no harm. */
  @Override
  void close();
}
