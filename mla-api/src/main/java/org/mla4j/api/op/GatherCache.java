package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Copies cache rows that the current context pass takes up: row t of sequence b comes from position
 * {@code contextStart(b) + t - contextRowStart(b)} of that sequence.
 *
 * <p>Cells: F32 as they are; BF16 and F16 widened exactly; F8_E4M3 {@code code * scale}. Entries of
 * a block table beyond the sequence's length are not read; a pass without rows reads nothing.
 *
 * @param cache {@code [blocks, blockSize, L + R]}
 * @param out F32 {@code [context rows, L + R]}
 */
public record GatherCache(CacheValue cache, StepValue out) implements Op {
  /** The name of this op. */
  public static final String TYPE = "gather_cache";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(cache, InputValue.BLOCK_TABLES, InputValue.CONTEXT_ROWS);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }
}
