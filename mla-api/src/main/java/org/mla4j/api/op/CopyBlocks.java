package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.Value;

/**
 * Copies whole blocks of a cache, byte for byte, in all parts of its layout: the {@linkplain
 * org.mla4j.api.step.StepDescription#copyBlock copies} that the step lists, one after another in
 * their order, so that a block may be copied on. Blocks are those of the block allocator.
 *
 * @param cache changed in place
 */
public record CopyBlocks(CacheValue cache) implements Op {
  /** The name of this op. */
  public static final String TYPE = "copy_blocks";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(cache, InputValue.BLOCK_COPIES);
  }

  @Override
  public List<Value> writes() {
    return List.of(cache);
  }
}
