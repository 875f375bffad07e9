package org.mla4j.core.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;

class CacheDTypesTest {
  @ParameterizedTest
  @CsvSource({"f32, F32", "BF16, BF16", "fp16, F16", "fp8, F8_E4M3", "fp8_e4m3, F8_E4M3"})
  void readsTheNamesThatPeopleUse(String name, DType expected) {
    assertEquals(CacheDTypes.of(expected), CacheDTypes.parse(name));
  }

  @Test
  void layersOfATypeMayHaveTheirOwn() {
    CacheDTypes chosen = CacheDTypes.parse("bf16, multi_head_latent_attention = fp8");
    assertEquals(DType.F8_E4M3, chosen.of("multi_head_latent_attention"));
    assertEquals(DType.BF16, chosen.of("grouped_query_attention"));
    assertEquals("BF16, multi_head_latent_attention=F8_E4M3", chosen.toString());
    assertEquals(chosen, CacheDTypes.parse(chosen.toString()));
    assertEquals(DType.F32, CacheDTypes.parse("a=bf16").common());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bf16,", "i8", "a=", "fp8_ds_mla"})
  void refusesWhatIsNoType(String list) {
    String message =
        assertThrows(InvalidInputException.class, () -> CacheDTypes.parse(list)).getMessage();
    assertEquals(
        "Option cacheDType '" + list + "' has the unknown type '",
        message.substring(0, 43 + list.length()));
  }

  @Test
  void refusesTwoChoicesForOneThing() {
    assertEquals(
        "Option cacheDType 'bf16,f16' says 'f16' where something was said before; expected F32, BF16,"
            + " F16 or F8_E4M3, or layer_type=TYPE, each once, separated by commas. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> CacheDTypes.parse("bf16,f16"))
            .getMessage());
    assertThrows(InvalidInputException.class, () -> CacheDTypes.parse("a=bf16,a=f16"));
  }

  @Test
  void refusesWhatCannotBeACell() {
    assertEquals(
        "Option cacheDType = I32; expected one of F32, BF16, F16, F8_E4M3. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> CacheDTypes.of(DType.I32)).getMessage());
    assertEquals(
        "Option cacheDType of 'a' = U8; expected one of F32, BF16, F16, F8_E4M3. [MLA-0401]",
        assertThrows(
                InvalidInputException.class,
                () -> new CacheDTypes(DType.F32, Map.of("a", DType.U8)))
            .getMessage());
  }
}
