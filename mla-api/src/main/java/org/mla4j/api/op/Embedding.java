package org.mla4j.api.op;

import java.util.List;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * Looks up token embeddings: {@code out[t] = table[token_ids[t]]}. An id beyond the table is an
 * error.
 *
 * @param table {@code [vocabulary, H]}
 * @param out F32 {@code [T, H]}
 */
public record Embedding(WeightHandle table, StepValue out) implements Op {
  /** The name of this op. */
  public static final String TYPE = "embedding";

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
}
