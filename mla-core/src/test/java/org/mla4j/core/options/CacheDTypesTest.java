package org.mla4j.core.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.tensor.DType;

class CacheDTypesTest {
  @ParameterizedTest
  @CsvSource({"f32, F32", "BF16, BF16", "fp16, F16", "fp8, F8_E4M3", "fp8_e4m3, F8_E4M3"})
  void readsTheNamesThatPeopleUse(String name, CacheType expected) {
    assertEquals(CacheDTypes.of(expected), CacheDTypes.parse(name));
  }

  @Test
  void layersOfATypeMayHaveTheirOwn() {
    CacheDTypes chosen = CacheDTypes.parse("bf16, multi_head_latent_attention = fp8");
    assertEquals(CacheType.F8_E4M3, chosen.of("multi_head_latent_attention"));
    assertEquals(CacheType.BF16, chosen.of("grouped_query_attention"));
    assertEquals("BF16, multi_head_latent_attention=F8_E4M3", chosen.toString());
    assertEquals(chosen, CacheDTypes.parse(chosen.toString()));
    assertEquals(CacheType.F32, CacheDTypes.parse("a=bf16").common());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "bf16,", "i8", "a="})
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
            + " F16, F8_E4M3 or FP8_DS_MLA, or layer_type=TYPE, each once, separated by commas."
            + " [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> CacheDTypes.parse("bf16,f16"))
            .getMessage());
    assertThrows(InvalidInputException.class, () -> CacheDTypes.parse("a=bf16,a=f16"));
  }

  @Test
  void refusesWhatCannotBeACell() {
    assertEquals(
        "Option cacheDType = I32; expected one of F32, BF16, F16, F8_E4M3. [MLA-0401]",
        assertThrows(InvalidInputException.class, () -> CacheDTypes.of(DType.I32)).getMessage());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void everyElementTypeIsATypeOfCells(DType dtype) {
    CacheType type = CacheDTypes.of(dtype).common();
    assertEquals(dtype, type.dtype());
    assertEquals(CacheSpec.Format.CELLS, type.format());
  }

  @Test
  void rowsOfBytesAreOfMlaLayersAndOthersHaveF32() {
    CacheDTypes chosen = CacheDTypes.parse("fp8_ds_mla");
    assertEquals(CacheDTypes.of(CacheType.FP8_DS_MLA), chosen);
    assertEquals(CacheType.FP8_DS_MLA, chosen.of("multi_head_latent_attention"));
    assertEquals(CacheType.F32, chosen.of("grouped_query_attention"));
    assertEquals("F32, multi_head_latent_attention=FP8_DS_MLA", chosen.toString());
    assertEquals(chosen, CacheDTypes.parse(chosen.toString()));
  }

  @Test
  void whatIsSaidOfALayerTypeGoesBeforeTheRest() {
    CacheDTypes mixed = CacheDTypes.parse("bf16,multi_head_latent_attention=fp8_ds_mla");
    assertEquals(CacheType.FP8_DS_MLA, mixed.of("multi_head_latent_attention"));
    assertEquals(CacheType.BF16, mixed.of("grouped_query_attention"));
    CacheDTypes own = CacheDTypes.parse("fp8_ds_mla,multi_head_latent_attention=f16");
    assertEquals(CacheType.F16, own.of("multi_head_latent_attention"));
  }

  @Test
  void rowsOfBytesAreRefusedForOtherLayers() {
    assertEquals(
        "Option cacheDType of 'grouped_query_attention' = FP8_DS_MLA; expected one of F32, BF16,"
            + " F16, F8_E4M3: only layers of type 'multi_head_latent_attention' have such rows."
            + " [MLA-0401]",
        assertThrows(
                InvalidInputException.class,
                () -> CacheDTypes.parse("grouped_query_attention=fp8_ds_mla"))
            .getMessage());
  }
}
