package org.mla4j.api.plan;

import java.util.Optional;
import java.util.function.Function;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * Takes the nodes of a plan in the order in which they run. Models and layers write to it; they
 * never see who will run what.
 *
 * <p>Names are made of the {@linkplain #scope scopes} around a call, joined by dots. Threading: one
 * thread.
 */
public interface PlanBuilder {
  /**
   * Opens a scope: a prefix for the names of all that is added to the returned builder.
   *
   * @param name one more part of the name, for example {@code attn}
   * @return a builder of the same plan
   */
  PlanBuilder scope(String name);

  /**
   * Returns a full name.
   *
   * @param name last part of the name
   * @return the scopes and that part, joined by dots
   */
  String name(String name);

  /**
   * Declares a buffer.
   *
   * @param name last part of its name
   * @param dtype element type
   * @param rows which rows it has
   * @param rowExtents shape of one row
   * @return the value
   */
  default StepValue buffer(String name, DType dtype, Rows rows, long... rowExtents) {
    return StepValue.buffer(name(name), dtype, rows, rowExtents);
  }

  /**
   * Declares the cache of a layer.
   *
   * @param name last part of its name
   * @param spec what a row holds
   * @return the value
   */
  CacheValue cache(String name, CacheSpec spec);

  /**
   * Returns the table of a rope, long enough for the longest sequence of the engine. Layers with
   * equal ropes share it.
   *
   * @param rope the rope
   * @return the table, {@code [positions, dim]}
   */
  WeightHandle ropeTable(RopeSpec rope);

  /**
   * Adds a node.
   *
   * @param name last part of its name
   * @param rows the rows it works on
   * @param op what is computed
   */
  void add(String name, Rows rows, Op op);

  /**
   * Adds an op that is defined by a sub-plan: one node if somebody has a kernel for it, otherwise
   * the nodes of its sub-plan, which passes over the plan do not see.
   *
   * @param name last part of its name
   * @param rows the rows it works on
   * @param op what is computed
   * @param body adds the nodes of the sub-plan; must write the outputs of the op
   */
  default void composite(String name, Rows rows, CompositeOp op, DefaultForward body) {
    body.contribute(this);
  }

  /**
   * Asks how much of a layer is left to one attention op.
   *
   * @param offer makes the op of a form, to be offered to backends; its values need not be made by
   *     any node yet
   * @return the form of the op to {@linkplain #composite add}; empty if attention is to be added as
   *     separate ops
   */
  default Optional<AttentionForm> attentionForm(Function<AttentionForm, CompositeOp> offer) {
    return Optional.empty();
  }

  /**
   * Adds a pluggable layer: if a backend takes it whole it becomes one opaque node, otherwise the
   * nodes that its default forward adds.
   *
   * @param call the layer as data
   * @param defaultForward adds the nodes of the default forward; must write the outputs of the call
   */
  void layer(LayerCall call, DefaultForward defaultForward);

  /** The default forward of a pluggable layer, as a sub-plan. */
  @FunctionalInterface
  interface DefaultForward {
    /**
     * Adds the nodes of the layer.
     *
     * @param plan a builder scoped to the layer
     */
    void contribute(PlanBuilder plan);
  }
}
