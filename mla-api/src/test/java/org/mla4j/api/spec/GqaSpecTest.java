package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.tensor.DType;

class GqaSpecTest {
  private static final RopeSpec ROPE =
      new RopeSpec(16, 10000, RopeStyle.NEOX, new RopeScaling.None(), 64);

  private static GqaSpec spec(int hidden, int heads, int keyHeads, int headDim) {
    return new GqaSpec(
        hidden,
        heads,
        keyHeads,
        headDim,
        null,
        null,
        null,
        new SoftmaxScale.HeadWidth(),
        DType.F32,
        1);
  }

  @Test
  void keepsTheKeysThenTheValuesOfAllKeyHeads() {
    GqaSpec spec = spec(40, 6, 2, 16).withCache(DType.BF16, 1);
    assertEquals(
        new CacheSpec(
            List.of(new CacheSpec.Part("key", 32), new CacheSpec.Part("value", 32)), DType.BF16, 1),
        spec.cache());
    assertEquals(128, spec.cache().bytesPerToken());
  }

  @Test
  void scalesScoresByTheWidthOfAHead() {
    assertEquals(0.25, spec(40, 6, 2, 16).scale());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 6, 2, 16, hiddenSize = 0; expected a positive number",
    "40, 0, 2, 16, numHeads = 0; expected a positive number",
    "40, 6, -1, 16, numKeyHeads = -1; expected a positive number",
    "40, 6, 2, 0, headDim = 0; expected a positive number",
    "40, 6, 4, 16, numHeads = 6; expected a multiple of numKeyHeads = 4",
    "40, 2, 2, 1073741824, numKeyHeads * headDim = 2147483648; expected less than 2^30",
  })
  void refusesDimensions(int hidden, int heads, int keyHeads, int headDim, String problem) {
    assertRefused(
        "GqaSpec: " + problem + ". [MLA-0301]", () -> spec(hidden, heads, keyHeads, headDim));
  }

  @Test
  void theRopeTurnsWholeHeads() {
    assertRefused(
        "GqaSpec: rope.dim = 16; expected headDim = 24. [MLA-0301]",
        () ->
            new GqaSpec(
                40, 6, 2, 24, null, null, ROPE, new SoftmaxScale.HeadWidth(), DType.F32, 1));
  }
}
