package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.mla4j.api.tensor.DType;

/** A description can be taken up again. */
class MlaSpecCopyTest {
  /** No part is as in a fresh builder. */
  private static final MlaSpec FULL =
      new MlaSpec(
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          new NormSpec(8),
          new NormSpec(9),
          new RopeSpec(6, 10, RopeStyle.NEOX, new RopeScaling.None(), 11),
          new SoftmaxScale.Fixed(12),
          13,
          14,
          new NormSpec(15),
          new NormSpec(16),
          DType.F8_E4M3,
          17,
          CacheSpec.Format.CELLS);

  @Test
  void aBuilderOfASpecKnowsAllOfIt() {
    assertEquals(FULL, FULL.toBuilder().build());
  }

  @Test
  void whatIsChangedChangesAlone() {
    MlaSpec changed = FULL.toBuilder().cacheDType(DType.BF16).cacheScale(1).build();
    assertEquals(DType.BF16, changed.cacheDType());
    assertEquals(1, changed.cacheScale());
    assertEquals(FULL, changed.toBuilder().cacheDType(DType.F8_E4M3).cacheScale(17).build());
    assertEquals(17, FULL.cacheScale());
  }

  @Test
  void theFormatOfTheCacheIsTakenUpToo() {
    MlaSpec rows =
        FULL.toBuilder()
            .kvLoraRank(512)
            .qkRopeHeadDim(64)
            .rope(null)
            .cacheScale(1)
            .cacheType(CacheType.FP8_DS_MLA)
            .build();
    assertEquals(CacheSpec.Format.FP8_DS_MLA, rows.toBuilder().build().cacheFormat());
  }
}
