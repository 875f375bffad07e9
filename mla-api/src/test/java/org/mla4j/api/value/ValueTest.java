package org.mla4j.api.value;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;

class ValueTest {
  @Test
  void everyKindHasAName() {
    CacheSpec spec = CacheSpec.mla(512, 64, DType.BF16);
    List<Value> values =
        List.of(
            StepValue.buffer("q", DType.F32, Rows.ALL, 4),
            new CacheValue("cache", "layers.0.attn", spec),
            InputValue.POSITIONS);
    assertEquals(List.of("q", "cache", "positions"), values.stream().map(Value::name).toList());
  }

  @Test
  void inputsOfAStepHaveDifferentNames() {
    List<InputValue> inputs =
        List.of(
            InputValue.TOKEN_IDS,
            InputValue.POSITIONS,
            InputValue.SLOT_MAPPING,
            InputValue.BLOCK_TABLES,
            InputValue.QUERY_START,
            InputValue.LOGIT_ROWS,
            InputValue.SAMPLING);
    assertEquals(
        inputs.size(), inputs.stream().map(InputValue::name).collect(Collectors.toSet()).size());
  }
}
