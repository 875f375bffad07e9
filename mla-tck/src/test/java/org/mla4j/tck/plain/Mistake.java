package org.mla4j.tck.plain;

/** What the plain backend can be told to do wrong. Each is switched at one place of its code. */
public enum Mistake {
  /** The name is not one that users could write. */
  NAME_MALFORMED,
  /** The level of the SPI is one that there will be some day. */
  LEVEL_UNKNOWN,
  /** The version says nothing. */
  VERSION_BLANK,
  /** The probe throws because nothing was found. */
  PROBE_THROWS,
  /** The probe finds something else each time. */
  PROBE_CHANGES,
  /** It can be opened once and never again. */
  OPENS_ONCE,
  /** An option that it does not know breaks it without a word. */
  UNKNOWN_OPTION_BREAKS,
  /** It offers an op only until it is asked again. */
  OFFER_CHANGES,
  /** It offers an op whose name is nobody's. */
  OP_OF_NO_VOCABULARY,
  /** It accepts an op when it is asked first and declines it when it is asked again. */
  ANSWER_CHANGES,
  /** Kernels have no description. */
  DESCRIBES_NOTHING,
  /** Closed before any kernel was made, it throws. */
  CLOSE_UNUSED_THROWS,
  /** While two are open, both compute something else. */
  OPEN_BACKENDS_DISTURB,
  /** Every opening leaves memory behind that closing does not release. */
  LEAKS_MEMORY,

  /** The causal mask shows the token after the query. */
  FUTURE_VISIBLE,
  /** The causal mask hides the query's own token. */
  OWN_TOKEN_HIDDEN,
  /** Cache rows come from the block table of the sequence before. */
  STALE_PAGE,
  /** Keys are taken up to the end of the last block, beyond the sequence's length. */
  WHOLE_BLOCKS_ATTENDED,
  /** The first row of block 0 is attended to as if it belonged to every sequence. */
  BLOCK_ZERO_CONTRIBUTES,
  /** The soft-max starts from the sum that the batch before left. */
  STATE_LEFT_BETWEEN_BATCHES,
  /** Scores of the absorbed form are scaled by the width of the cache row, L + R. */
  SCALE_OF_CACHE_WIDTH,
  /** Elements of a latent beyond the first 256 are left out of scores. */
  LATENT_BEYOND_256_LOST,
  /** A context that ends with its block loses its last token. */
  BLOCK_EDGE_LOST,
  /** The entry of the block table after the last one of a sequence is followed. */
  NEXT_PAGE_READ,
  /** Sequences without new tokens are left out when sequences are counted. */
  EMPTY_SEQUENCES_SKIPPED,
  /** Weighted sums are rounded at the edges of blocks. */
  BLOCKS_IN_SUM,
  /** Log-sum-exps are base 2. */
  BASE_2_LSE,
  /** A row without keys is left as it was. */
  EMPTY_ROW_UNTOUCHED,
  /** In a profiling step attention returns before it writes zeros. */
  PROFILING_UNTOUCHED,
  /** A row without keys has log-sum-exp 0. */
  EMPTY_CONTEXT_FINITE_LSE,
  /** Prefill attention multiplies rows beyond the live ones by zero. */
  PADDING_IN_SUM,

  /** A log-sum-exp of plus infinity is used as it is. */
  INFINITE_LSE_KEPT,
  /** Where both sides have no keys, the merge divides zero by zero. */
  EMPTY_MERGE_NAN,
  /** The weights of the two sides of a merge are swapped. */
  MERGE_WEIGHTS_SWAPPED,

  /** Pairs of the two rope styles are mixed up. */
  ROPE_PAIRS_SWAPPED,
  /** The sine has the wrong sign. */
  SINE_SIGN,
  /** A token whose cache row is not written is not rotated either. */
  ROPE_SKIPPED_WITH_WRITE,
  /** Fused ops leave the key as it is in a step without slot mapping. */
  FUSED_KEY_NEEDS_SLOTS,
  /** A position beyond the rope table starts again at its first row. */
  ROPE_TABLE_WRAPS,

  /** Fused ops norm the rotary key along with the latent. */
  KEY_NORMED,
  /** Fused ops write the latent as it was before its norm. */
  LATENT_NOT_NORMED,
  /** The fused cache write takes the key before it is rotated. */
  FUSED_KEY_UNROTATED,
  /** A fused op without a rope cannot be made. */
  NO_ROPE_FAILS,
  /** A whole layer, or attention of any form, forgets the factor on the latent. */
  LAYER_WITHOUT_LATENT_SCALE,
  /** Attention that takes queries before the rope does not rotate them. */
  FORM_WITHOUT_ROPE,
  /** A whole layer, or attention of any form, fails in a step without tokens. */
  EMPTY_STEP_FAILS,
  /** The epsilon of a norm is added to the root instead of under it. */
  EPS_OUTSIDE_ROOT,
  /** A norm forgets the factor on its result that it claims to know. */
  OUTPUT_SCALE_FORGOTTEN,
  /** The fused add and norm keeps the sum to itself. */
  RESIDUAL_NOT_WRITTEN,

  /** The backend's own op adds its input as it is. */
  OWN_OP_WITHOUT_SILU,

  /** Queries are absorbed with the key projection of the next head. */
  NEIGHBOUR_HEAD,
  /** Heads beyond the largest power of two use the weights of the first ones. */
  HEADS_POWER_OF_TWO,

  /** A negative slot writes the last row of the cache. */
  NEGATIVE_SLOT_WRAPS,
  /** A cache without blocks is written all the same. */
  EMPTY_CACHE_WRITTEN,
  /** Slots are used although the step dropped the slot mapping. */
  NULL_SLOT_MAPPING_WRITTEN,
  /** FP8 cells are written without being divided by the scale. */
  FP8_WITHOUT_SCALE,
  /** FP8 values beyond 448 become NaN. */
  FP8_WITHOUT_SATURATION,
  /** BF16 cells are truncated. */
  BF16_TRUNCATED,
  /** A row of fp8_ds_mla has one scale, repeated four times. */
  DS_MLA_ONE_SCALE,
  /** The rotary key lies as rotated in layouts that want it de-interleaved. */
  ROPE_ORDER_IGNORED,
  /** NZ tiles are addressed with the allocator's block size. */
  KERNEL_BLOCKS_IGNORED,
  /** Every context pass gathers the start of the context. */
  GATHER_FROM_ZERO,
  /** Block copies run last to first. */
  COPIES_REVERSED,
  /** Only the first tensor of a cache takes part in block copies. */
  FIRST_PART_COPIED,

  /** Rows of a view are taken to lie side by side. */
  STRIDES_IGNORED,
  /** A projection computes whole tiles of four rows, live or not. */
  PADDING_WRITTEN,
  /** A dot product is cut into as many sums as there are threads. */
  THREADS_CHANGE_RESULT,

  /** The order of a dot product depends on how many rows there are. */
  ROW_COUNT_IN_SUM,
  /** The last bit of a projection differs from call to call. */
  BITS_CHANGE,
  /** The token ids of the step are changed. */
  STEP_WRITTEN,
  /** Kernels want the step prepared for each of them. */
  PREPARED_FOR_ONE_KERNEL,

  /** The correction bias of a router ends up in the weights. */
  BIAS_IN_WEIGHTS,
  /** Of equal experts the higher one is picked. */
  TIES_TO_HIGHER_EXPERT,
  /** The weights of experts are divided by their sum only if the spec says not to. */
  EXPERT_WEIGHTS_NOT_NORMALISED,
  /** Of equal logits the token with the highest id is the largest. */
  TIES_TO_HIGHER_TOKEN,
  /** NaN logits are taken for small ones. */
  NAN_ROW_SAMPLED,
  /** The mass of top-p is counted after min-p. */
  TOP_P_OF_KEPT,

  /** Leases on weights are not given back. */
  LEASE_LEAKED,
  /** F16 weights are read as BF16. */
  F16_WEIGHTS_AS_BF16,
  /** Both integers in a byte of Q4_0 are taken for neighbours. */
  FOUR_BITS_SIDE_BY_SIDE,
  /** Weights that are computed, not stored, are leased. */
  COMPUTED_WEIGHTS_LEASED,
  /** A reload takes new memory. */
  RELOADS_ELSEWHERE,
  /** What was derived from weights stays as it was when they are taken again. */
  STALE_AFTER_RELOAD,
  /** Every forward makes an object. */
  ALLOCATES_IN_FORWARD,
  /** Work is done on a thread of the backend's own. */
  STARTS_A_THREAD,
  /** The second close of the backend throws. */
  CLOSE_TWICE_THROWS,
  /** Asked for an odd number of heads, it throws instead of answering. */
  SUPPORTS_THROWS,
  /** It accepts an odd number of heads and then cannot create the kernel. */
  ACCEPTED_THEN_FAILS,
  /** A graph keeps the block tables of its first replay. */
  CAPTURE_BAKES_BLOCK_TABLES,
  /** A graph replays the batch of its first replay, whatever the step. */
  CAPTURE_BAKES_BATCH,
  /** A graph names other arguments each time. */
  GRAPH_ARGUMENTS_CHANGE,
  /** A graph makes an object when it is updated. */
  UPDATE_ALLOCATES,
  /** The second close of a graph throws. */
  GRAPH_CLOSE_TWICE_THROWS,
  /** A device of its own has no memory to lay values out in. */
  DEVICE_WITHOUT_MEMORY,
  /** What is read from the device is older than what was submitted. */
  DEVICE_READ_DOES_NOT_WAIT,
  /** Memory of the device starts with whatever was there. */
  DEVICE_MEMORY_NOT_ZEROED,
  /** Memory of the device is in no account. */
  DEVICE_MEMORY_NOT_COUNTED,
  /** A copy takes whole buffers, live or not. */
  DEAD_ROWS_COPIED
}
