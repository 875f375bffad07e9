package org.mla4j.api.op;

/**
 * An op that is defined by a sub-plan of other ops. A backend may have a kernel for it; if nobody
 * has, the engine runs the sub-plan. Passes over the plan see the op and never what is inside.
 */
public non-sealed interface CompositeOp extends Op {
  /** The attention of an MLA layer as one op. */
  String MLA_ATTENTION = "mla_attention";
}
