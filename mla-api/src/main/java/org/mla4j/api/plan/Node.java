package org.mla4j.api.plan;

import org.mla4j.api.op.Op;
import org.mla4j.api.step.Rows;

/**
 * One op at its place in a plan.
 *
 * <p>Neighbouring nodes of one layer that work on {@link Rows#CONTEXT} run together once for each
 * context pass of the step, in turn; a step without a pass skips them.
 *
 * @param name unique in the plan, for example {@code layers.0.attn.q_b_proj}
 * @param layer the layer it belongs to, for example {@code layers.0.attn}
 * @param rows the rows it works on: a step without such rows skips it
 * @param op what is computed
 */
public record Node(String name, String layer, Rows rows, Op op) {}
