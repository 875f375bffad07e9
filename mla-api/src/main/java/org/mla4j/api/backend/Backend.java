package org.mla4j.api.backend;

import java.util.Set;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
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
   * Returns where its kernels expect their tensors.
   *
   * @return {@code host}, or a device whose memory only this backend reaches
   */
  default String device() {
    return HostStorage.DEVICE;
  }

  /**
   * Returns the types of ops it has kernels for. Only these are asked for.
   *
   * @return names of {@link Op#VOCABULARY}
   */
  default Set<String> ops() {
    return Set.of();
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
