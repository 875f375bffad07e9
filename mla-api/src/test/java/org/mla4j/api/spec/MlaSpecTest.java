package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.tensor.DType;

class MlaSpecTest {
  private static final NormSpec NORM = new NormSpec(1e-6);

  /** The dimensions that every layer has. */
  private static MlaSpec.Builder plain() {
    return MlaSpec.builder()
        .hiddenSize(2048)
        .numHeads(16)
        .kvLoraRank(512)
        .qkNopeHeadDim(128)
        .qkRopeHeadDim(64)
        .vHeadDim(96);
  }

  private static RopeSpec rope(int dim) {
    return new RopeSpec(dim, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 4096);
  }

  private static void assertInvalid(String problem, Executable attempt) {
    assertRefused("MlaSpec: " + problem + ". [MLA-0301]", attempt);
  }

  @Nested
  class Plain {
    private final MlaSpec spec = plain().build();

    @Test
    void hasNoNormsRopeOrScaling() {
      assertNull(spec.qANorm());
      assertNull(spec.kvANorm());
      assertNull(spec.qHeadNorm());
      assertNull(spec.kHeadNorm());
      assertNull(spec.rope());
      assertEquals(1, spec.qLatentScale());
      assertEquals(1, spec.kvLatentScale());
    }

    @Test
    void projectsQueriesDirectly() {
      assertFalse(spec.hasQLora());
      assertTrue(plain().qLoraRank(1536).build().hasQLora());
    }

    @Test
    void hasAnF32Cache() {
      assertEquals(CacheSpec.mla(512, 64, DType.F32), spec.cache());
    }

    @Test
    void headsAreNopeAndRopeWide() {
      assertEquals(192, spec.qkHeadDim());
    }

    @Test
    void scoresAreScaledByTheWidthOfAHead() {
      assertEquals(1 / Math.sqrt(192), spec.scale(), 1e-15);
    }
  }

  @Nested
  class Builder {
    @Test
    void passesOnEveryPart() {
      MlaSpec spec =
          plain()
              .qLoraRank(1536)
              .qANorm(new NormSpec(1))
              .kvANorm(new NormSpec(2))
              .rope(rope(64))
              .softmaxScale(new SoftmaxScale.Fixed(0.3))
              .qLatentScale(4)
              .kvLatentScale(5)
              .qHeadNorm(new NormSpec(6))
              .kHeadNorm(new NormSpec(7))
              .cacheDType(DType.F8_E4M3)
              .cacheScale(8)
              .build();
      assertEquals(
          new MlaSpec(
              2048,
              16,
              1536,
              512,
              128,
              64,
              96,
              new NormSpec(1),
              new NormSpec(2),
              rope(64),
              new SoftmaxScale.Fixed(0.3),
              4,
              5,
              new NormSpec(6),
              new NormSpec(7),
              DType.F8_E4M3,
              8,
              CacheSpec.Format.CELLS),
          spec);
      assertEquals(0.3, spec.scale());
      assertEquals(8, spec.cache().scale());
      assertEquals(DType.F8_E4M3, spec.cache().dtype());
    }
  }

  @Nested
  class Absorbing {
    @Test
    void isForbiddenByANormOfEachKeyHead() {
      assertTrue(plain().build().absorbable());
      assertTrue(plain().qHeadNorm(NORM).build().absorbable());
      assertFalse(plain().kHeadNorm(NORM).build().absorbable());
    }
  }

  @Nested
  class Dimensions {
    @Test
    void arePositive() {
      assertInvalid(
          "hiddenSize = 0; expected a positive number", () -> plain().hiddenSize(0).build());
      assertInvalid("numHeads = 0; expected a positive number", () -> plain().numHeads(0).build());
      assertInvalid(
          "kvLoraRank = 0; expected a positive number", () -> plain().kvLoraRank(0).build());
      assertInvalid(
          "qkNopeHeadDim = 0; expected a positive number", () -> plain().qkNopeHeadDim(0).build());
      assertInvalid("vHeadDim = 0; expected a positive number", () -> plain().vHeadDim(0).build());
    }

    @Test
    void ofWhatMayBeMissingAreNotNegative() {
      assertInvalid("qLoraRank = -1; expected 0 or more", () -> plain().qLoraRank(-1).build());
      assertInvalid(
          "qkRopeHeadDim = -1; expected 0 or more", () -> plain().qkRopeHeadDim(-1).build());
    }

    @Test
    void mustBeSaid() {
      assertInvalid("hiddenSize = 0; expected a positive number", () -> MlaSpec.builder().build());
    }
  }

  @Nested
  class Rope {
    @Test
    void coversTheRotaryPartExactly() {
      assertEquals(64, plain().rope(rope(64)).build().qkRopeHeadDim());
      assertInvalid(
          "rope.dim = 32; expected qkRopeHeadDim = 64", () -> plain().rope(rope(32)).build());
      assertInvalid(
          "rope.dim = 64; expected qkRopeHeadDim = 0",
          () -> plain().qkRopeHeadDim(0).rope(rope(64)).build());
    }

    @Test
    void mayBeMissingFromARotaryPart() {
      assertNull(plain().build().rope());
    }

    @Test
    void mayHaveNoPartAtAll() {
      assertEquals(128, plain().qkRopeHeadDim(0).build().qkHeadDim());
    }
  }

  @Nested
  class Latents {
    private static final String NO_LATENT =
        "qANorm or qLatentScale is given, but qLoraRank = 0: there is no query latent";

    @Test
    void thatAreNotThereHaveNoNormAndNoScale() {
      assertInvalid(NO_LATENT, () -> plain().qANorm(NORM).build());
      assertInvalid(NO_LATENT, () -> plain().qLatentScale(2).build());
    }

    @Test
    void areScaledAfterTheirNorm() {
      assertInvalid(
          "a latent is scaled (q 2.0, kv 1.0) that has no norm; expected the scale to follow a"
              + " norm",
          () -> plain().qLoraRank(4).qLatentScale(2).build());
      assertInvalid(
          "a latent is scaled (q 1.0, kv 2.0) that has no norm; expected the scale to follow a"
              + " norm",
          () -> plain().kvLatentScale(2).build());
      plain().qLoraRank(4).qANorm(NORM).qLatentScale(2).kvANorm(NORM).kvLatentScale(2).build();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void haveAPositiveFiniteScale(double scale) {
      assertInvalid(
          "qLatentScale = " + scale + "; expected a positive finite number",
          () -> plain().qLoraRank(4).qANorm(NORM).qLatentScale(scale).build());
      assertInvalid(
          "kvLatentScale = " + scale + "; expected a positive finite number",
          () -> plain().kvANorm(NORM).kvLatentScale(scale).build());
    }
  }

  @Nested
  class Cache {
    @Test
    void hasCellsThatAreFloats() {
      assertRefused(
          "CacheSpec: dtype = I32; expected one of F32, BF16, F16, F8_E4M3. [MLA-0301]",
          () -> plain().cacheDType(DType.I32).build());
    }

    @Test
    void hasAPositiveScale() {
      assertRefused(
          "CacheSpec: scale = 0.0; expected a positive finite number. [MLA-0301]",
          () -> plain().cacheScale(0).build());
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void isOfTheTypeThatTheUserChose(CacheType type) {
      CacheSpec cache = plain().cacheType(type).build().cache();
      assertEquals(type.dtype(), cache.dtype());
      assertEquals(type.format(), cache.format());
    }

    @Test
    void hasRowsOfBytesOnlyWhereTheyFit() {
      assertRefused(
          "MlaSpec: cacheFormat = FP8_DS_MLA with kvLoraRank = 256 and qkRopeHeadDim = 64; expected"
              + " 512 and 64. [MLA-0301]",
          () -> plain().kvLoraRank(256).cacheType(CacheType.FP8_DS_MLA).build());
      assertRefused(
          "MlaSpec: cacheFormat = FP8_DS_MLA with kvLoraRank = 512 and qkRopeHeadDim = 0; expected"
              + " 512 and 64. [MLA-0301]",
          () -> plain().qkRopeHeadDim(0).cacheType(CacheType.FP8_DS_MLA).build());
    }
  }
}
