package org.mla4j.api.op;

import java.util.List;
import java.util.Set;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Looks up token embeddings: {@code out[t] = factor * table[token_ids[t]]}. An id beyond the table
 * is an error.
 *
 * @param table {@code [vocabulary, H]}
 * @param out F32 {@code [T, H]}
 * @param factor factor on each element, rounded to binary32; 1 but for models that scale embeddings
 */
public record Embedding(WeightHandle table, StepValue out, double factor) implements Op {
  /** Feature of a call whose factor is not 1. */
  public static final String FACTOR = "embedding_factor";

  /** The name of this op. */
  public static final String TYPE = "embedding";

  /**
   * Looks up embeddings as they are.
   *
   * @param table {@code [vocabulary, H]}
   * @param out F32 {@code [T, H]}
   */
  public Embedding(WeightHandle table, StepValue out) {
    this(table, out, 1);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(InputValue.TOKEN_IDS);
  }

  @Override
  public List<Value> writes() {
    return List.of(out);
  }

  @Override
  public List<WeightHandle> weights() {
    return List.of(table);
  }

  @Override
  public Set<String> features() {
    return factor == 1 ? Set.of() : Set.of(FACTOR);
  }
}
