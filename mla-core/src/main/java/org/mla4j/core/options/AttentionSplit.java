package org.mla4j.core.options;

/** Whether passes over the plan see inside attention. Results are the same. */
public enum AttentionSplit {
  /** Decode and prefill attention are separate nodes that passes may fuse. */
  VISIBLE,
  /** Attention of a layer is one op; its decode and prefill halves are put in after all passes. */
  OPAQUE
}
