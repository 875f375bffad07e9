package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.spec.CacheSpec.Format;
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

  private static CacheSpec dsMla(int latent, int rope, DType dtype, float scale) {
    return new CacheSpec(
        CacheSpec.mla(latent, rope, dtype).parts(), dtype, scale, Format.FP8_DS_MLA);
  }

  @Test
  void aRowOfBytesHasItsSizeAndItsElements() {
    CacheSpec spec = dsMla(512, 64, DType.F8_E4M3, 1);
    assertEquals(576, spec.rowWidth());
    assertEquals(656, spec.cellsPerRow());
    assertEquals(656, spec.bytesPerToken());
    assertEquals(Shape.of(9, 16, 656), spec.shape(9, 16));
    assertEquals(Format.CELLS, CacheSpec.mla(512, 64, DType.F8_E4M3).format());
    assertEquals(576, CacheSpec.mla(512, 64, DType.F8_E4M3).cellsPerRow());
  }

  @Test
  void partsBeginWhereThoseBeforeThemEnd() {
    CacheSpec spec = of(new Part("a", 3), new Part("b", 5), new Part("c", 7));
    assertEquals(0, spec.partStart(0));
    assertEquals(3, spec.partStart(1));
    assertEquals(8, spec.partStart(2));
  }

  @Test
  void aRowOfBytesIsOfOneSizeOnly() {
    assertRowOfBytesRefused(
        "[Part[name=latent, width=256], Part[name=rope, width=64]], F8_E4M3, scale 1.0",
        () -> dsMla(256, 64, DType.F8_E4M3, 1));
    assertRowOfBytesRefused(
        "[Part[name=latent, width=512], Part[name=rope, width=32]], F8_E4M3, scale 1.0",
        () -> dsMla(512, 32, DType.F8_E4M3, 1));
    assertRowOfBytesRefused(
        "[Part[name=latent, width=512]], F8_E4M3, scale 1.0",
        () -> dsMla(512, 0, DType.F8_E4M3, 1));
    assertRowOfBytesRefused(
        "[Part[name=latent, width=512], Part[name=rope, width=64]], BF16, scale 1.0",
        () -> dsMla(512, 64, DType.BF16, 1));
    assertRowOfBytesRefused(
        "[Part[name=latent, width=512], Part[name=rope, width=64]], F8_E4M3, scale 0.5",
        () -> dsMla(512, 64, DType.F8_E4M3, 0.5f));
  }

  private static void assertRowOfBytesRefused(String given, Executable attempt) {
    assertRefused(
        "CacheSpec: fp8_ds_mla with "
            + given
            + "; expected a latent of 512 and a rope of 64 elements, F8_E4M3, scale 1. [MLA-0301]",
        attempt);
  }
}
