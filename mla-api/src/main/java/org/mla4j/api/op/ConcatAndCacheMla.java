package org.mla4j.api.op;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Writes latent and rotary key of each token to its cache row: {@code cache[slot / blockSize][slot
 * % blockSize] = [kv_c | k_pe]}.
 *
 * <p>Cells: F32 as they are; BF16 and F16 rounded to nearest even; F8_E4M3 {@code round(x /
 * scale)}, saturating. A negative slot: that token is not written. No slot mapping, or a cache
 * without blocks: nothing is written. Two tokens with one slot break the contract.
 *
 * @param kvC F32 {@code [T, L]}, the normed latent
 * @param kPe F32 {@code [T, R]}, the rotated key; null when R = 0
 * @param cache {@code [blocks, blockSize, L + R]}, changed in place
 */
public record ConcatAndCacheMla(StepValue kvC, @Nullable StepValue kPe, CacheValue cache)
    implements Op {
  /** The name of this op. */
  public static final String TYPE = "concat_and_cache_mla";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return kPe == null
        ? List.of(kvC, cache, InputValue.SLOT_MAPPING)
        : List.of(kvC, kPe, cache, InputValue.SLOT_MAPPING);
  }

  @Override
  public List<Value> writes() {
    return List.of(cache);
  }
}
