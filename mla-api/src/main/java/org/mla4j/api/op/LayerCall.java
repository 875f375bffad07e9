package org.mla4j.api.op;

/**
 * A pluggable layer at its place in a model, as data: what it is, its weights, its inputs and
 * outputs. In a plan it is an op of its own when a backend takes the layer whole.
 *
 * <p>A new kind of layer is a new implementation of this interface; no existing layer changes.
 */
public non-sealed interface LayerCall extends Op {
  /**
   * Returns the name of this layer in the model.
   *
   * @return for example {@code layers.0.attn}
   */
  String layer();
}
