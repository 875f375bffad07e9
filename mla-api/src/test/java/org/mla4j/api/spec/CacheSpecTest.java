package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.spec.CacheSpec.Part;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

class CacheSpecTest {
  private static CacheSpec of(Part... parts) {
    return new CacheSpec(List.of(parts), DType.F32, 1);
  }

  @Test
  void aRowOfMlaIsTheLatentThenTheRotatedKey() {
    CacheSpec spec = CacheSpec.mla(512, 64, DType.BF16);
    assertEquals(List.of(new Part("latent", 512), new Part("rope", 64)), spec.parts());
    assertEquals(576, spec.rowWidth());
    assertEquals(1f, spec.scale());
  }

  @Test
  void withoutRopeThereIsTheLatentOnly() {
    assertEquals(List.of(new Part("latent", 512)), CacheSpec.mla(512, 0, DType.F32).parts());
  }

  @ParameterizedTest
  @CsvSource({"F32, 2304", "BF16, 1152", "F16, 1152", "F8_E4M3, 576"})
  void aTokenCostsTheBytesOfItsRow(DType dtype, long bytes) {
    assertEquals(bytes, CacheSpec.mla(512, 64, dtype).bytesPerToken());
  }

  @Test
  void cellsLieByBlockThenByToken() {
    assertEquals(Shape.of(9, 16, 576), CacheSpec.mla(512, 64, DType.F32).shape(9, 16));
  }

  @Test
  void isNotChangedBehindItsBack() {
    List<Part> parts = new ArrayList<>(List.of(new Part("latent", 4)));
    CacheSpec spec = new CacheSpec(parts, DType.F32, 1);
    parts.clear();
    assertEquals(4, spec.rowWidth());
  }

  @Test
  void hasAPart() {
    assertRefused("CacheSpec: no parts; expected at least one. [MLA-0301]", CacheSpecTest::of);
  }

  @Test
  void everyPartHasAWidth() {
    assertRefused(
        "CacheSpec: width of part 'b' = 0; expected a positive number. [MLA-0301]",
        () -> of(new Part("a", 1), new Part("b", 0)));
    assertRefused(
        "CacheSpec: width of part 'rope' = -2; expected a positive number. [MLA-0301]",
        () -> CacheSpec.mla(4, -2, DType.F32));
  }

  @ParameterizedTest
  @EnumSource(names = {"I64", "I32", "U8"})
  void cellsAreFloats(DType dtype) {
    assertRefused(
        "CacheSpec: dtype = " + dtype + "; expected one of F32, BF16, F16, F8_E4M3. [MLA-0301]",
        () -> CacheSpec.mla(4, 2, dtype));
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
  void theScaleIsPositiveAndFinite(float scale) {
    assertRefused(
        "CacheSpec: scale = " + scale + "; expected a positive finite number. [MLA-0301]",
        () -> new CacheSpec(List.of(new Part("a", 1)), DType.F8_E4M3, scale));
  }
}
