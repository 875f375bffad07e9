package org.mla4j.api.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.weight.WeightHandle;

class MlaWeightsTest {
  private static void check(MlaSpec spec, TestMla weights) {
    weights.build().check("layers.0.attn", spec);
  }

  private static Set<String> names(MlaWeights weights) {
    return weights.handles().stream().map(WeightHandle::name).collect(Collectors.toSet());
  }

  @Nested
  class Direct {
    private final MlaSpec spec = TestMla.direct().build();

    @Test
    void needsOneQueryProjection() {
      check(spec, TestMla.weightsOf(spec));
    }

    @Test
    void projectsToTheHeadsAtOnce() {
      assertModelRefused(
          "layers.0.attn: tensor 'q_proj': expected [numHeads * (qkNopeHeadDim + qkRopeHeadDim),"
              + " hiddenSize] = [10, 8], found [1, 2, 3]. [MLA-0203]",
          () -> check(spec, TestMla.weightsOf(spec).misshape("q_proj")));
    }

    @ParameterizedTest
    @CsvSource({
      "q_proj, 'missing; expected it to be given'",
      "q_a_proj, 'given; expected it to be absent'",
      "q_b_proj, 'given; expected it to be absent'",
    })
    void differsFromALatentOne(String role, String problem) {
      assertRefused(
          "layers.0.attn: weight '"
              + role
              + "' is "
              + problem
              + ", since qLoraRank = 0. [MLA-0301]",
          () -> check(spec, TestMla.weightsOf(spec).toggle(role)));
    }

    @ParameterizedTest
    @CsvSource({
      "q_a_layernorm, qANorm",
      "kv_a_layernorm, kvANorm",
      "q_norm, qHeadNorm",
      "k_norm, kHeadNorm",
    })
    void hasNoNormsThatTheSpecDoesNotName(String role, String field) {
      assertRefused(
          "layers.0.attn: weight '"
              + role
              + "' is given; expected it to be absent, since "
              + field
              + " = null. [MLA-0301]",
          () -> check(spec, TestMla.weightsOf(spec).toggle(role)));
    }
  }

  @Nested
  class Full {
    private final MlaSpec spec = TestMla.full().build();

    @Test
    void hasAQueryLatentAndAllNorms() {
      check(spec, TestMla.weightsOf(spec));
    }

    @ParameterizedTest
    @ValueSource(strings = {"q_a_proj", "q_b_proj"})
    void needsBothHalvesOfTheQueryProjection(String role) {
      assertRefused(
          "layers.0.attn: weight '"
              + role
              + "' is missing; expected it to be given, since qLoraRank = 6. [MLA-0301]",
          () -> check(spec, TestMla.weightsOf(spec).toggle(role)));
    }

    @Test
    void needsNoDirectProjection() {
      assertRefused(
          "layers.0.attn: weight 'q_proj' is given; expected it to be absent, since qLoraRank = 6."
              + " [MLA-0301]",
          () -> check(spec, TestMla.weightsOf(spec).toggle("q_proj")));
    }

    @ParameterizedTest
    @CsvSource({
      "q_a_layernorm, qANorm",
      "kv_a_layernorm, kvANorm",
      "q_norm, qHeadNorm",
      "k_norm, kHeadNorm",
    })
    void needsTheNormsThatTheSpecNames(String role, String field) {
      assertRefused(
          "layers.0.attn: weight '"
              + role
              + "' is missing; expected it to be given, since "
              + field
              + " = NormSpec[eps=1.0E-6]. [MLA-0301]",
          () -> check(spec, TestMla.weightsOf(spec).toggle(role)));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "q_a_proj | [qLoraRank, hiddenSize] = [6, 8]",
          "q_b_proj | [numHeads * (qkNopeHeadDim + qkRopeHeadDim), qLoraRank] = [10, 6]",
          "kv_a_proj_with_mqa | [kvLoraRank + qkRopeHeadDim, hiddenSize] = [6, 8]",
          "kv_b_proj | [numHeads * (qkNopeHeadDim + vHeadDim), kvLoraRank] = [16, 4]",
          "o_proj | [hiddenSize, numHeads * vHeadDim] = [8, 10]",
          "q_a_layernorm | [qLoraRank] = [6]",
          "kv_a_layernorm | [kvLoraRank] = [4]",
          "q_norm | [qkNopeHeadDim + qkRopeHeadDim] = [5]",
          "k_norm | [qkNopeHeadDim + qkRopeHeadDim] = [5]",
        })
    void everyWeightHasTheShapeOfTheSpec(String role, String expected) {
      assertModelRefused(
          "layers.0.attn: tensor '"
              + role
              + "': expected "
              + expected
              + ", found [1, 2, 3]. [MLA-0203]",
          () -> check(spec, TestMla.weightsOf(spec).misshape(role)));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "q_a_proj | [qLoraRank] = [6]",
          "q_b_proj | [numHeads * (qkNopeHeadDim + qkRopeHeadDim)] = [10]",
          "kv_a_proj_with_mqa | [kvLoraRank + qkRopeHeadDim] = [6]",
          "kv_b_proj | [numHeads * (qkNopeHeadDim + vHeadDim)] = [16]",
          "o_proj | [hiddenSize] = [8]",
        })
    void everyBiasHasTheWidthOfItsOutput(String role, String expected) {
      assertModelRefused(
          "layers.0.attn: tensor '"
              + role
              + ".bias': expected "
              + expected
              + ", found [7]. [MLA-0203]",
          () -> check(spec, TestMla.weightsOf(spec).bias(role, 7)));
    }
  }

  @Nested
  class Handles {
    @Test
    void areAllThatWereGiven() {
      assertEquals(
          Set.of(
              "q_a_proj",
              "q_a_layernorm",
              "q_b_proj",
              "kv_a_proj_with_mqa",
              "kv_a_layernorm",
              "kv_b_proj",
              "o_proj",
              "o_proj.bias",
              "q_norm",
              "k_norm"),
          names(TestMla.weightsOf(TestMla.full().build()).bias("o_proj", 8).build()));
    }

    @Test
    void areFewForAPlainLayer() {
      assertEquals(
          Set.of("q_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"),
          names(TestMla.weightsOf(TestMla.direct().build()).build()));
    }
  }
}
