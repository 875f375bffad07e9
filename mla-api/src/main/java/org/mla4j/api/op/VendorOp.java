package org.mla4j.api.op;

/**
 * An op of a backend's own. It comes into a plan through a {@link org.mla4j.api.plan.FusionPass} of
 * the same backend, in the place of ops whose work it does.
 *
 * <p>Its semantics are its {@link #reference}: the conformance kit holds the backend's kernel
 * against it.
 */
public non-sealed interface VendorOp extends Op {
  /**
   * Returns the name of the kind of op, as users write it in op lists.
   *
   * @return the backend's name, a colon and a name of lower-case letters, digits and underscores,
   *     for example {@code acme:mega_attention}
   */
  @Override
  String type();

  /**
   * Computes what the op means, in binary64 and as plainly as possible.
   *
   * @param data the values that the op reads; takes those that it writes
   */
  void reference(ReferenceData data);
}
