package org.mla4j.api.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.layer.FusedMoe.Call;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** A layer of H = 8 with two routed experts of width 3 and shared experts of width 5. */
class FusedMoeTest {
  private static final NamedWeight ROUTER = NamedWeight.of("router", 2, 8);
  private static final NamedWeight BIAS = NamedWeight.of("bias", 2);
  private static final List<Expert> EXPERTS = List.of(expert("0", 3, 8), expert("1", 3, 8));
  private static final Expert SHARED = expert("shared", 5, 8);
  private static final StepValue HIDDEN = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);
  private static final StepValue OUTPUT = StepValue.buffer("output", DType.F32, Rows.ALL, 8);

  private static Expert expert(String name, long inner, long hidden) {
    return new Expert(
        NamedWeight.of(name + ".gate", inner, hidden),
        NamedWeight.of(name + ".up", inner, hidden),
        NamedWeight.of(name + ".down", hidden, inner));
  }

  private static MoeSpec spec(int sharedWidth) {
    return new MoeSpec(8, 2, 1, 3, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, sharedWidth);
  }

  private static Call call(
      WeightHandle router,
      @Nullable WeightHandle bias,
      List<Expert> experts,
      @Nullable Expert shared) {
    return new Call("layers.1.mlp", spec(5), router, bias, experts, shared, HIDDEN, OUTPUT);
  }

  @Nested
  class Data {
    @Test
    void isNotNamedLikeTheOpOfTheRoutedExperts() {
      assertEquals("fused_moe_layer", call(ROUTER, BIAS, EXPERTS, SHARED).type());
    }

    @Test
    void readsHiddenStatesAndWritesTheOutput() {
      Call call = call(ROUTER, BIAS, EXPERTS, SHARED);
      assertEquals(List.of(HIDDEN), call.reads());
      assertEquals(List.of(OUTPUT), call.writes());
    }

    @Test
    void namesEveryWeight() {
      assertEquals(
          Set.of(
              "router",
              "bias",
              "0.gate",
              "0.up",
              "0.down",
              "1.gate",
              "1.up",
              "1.down",
              "shared.gate",
              "shared.up",
              "shared.down"),
          names(call(ROUTER, BIAS, EXPERTS, SHARED)));
    }

    @Test
    void mayHaveNeitherBiasNorSharedExperts() {
      Call call = new Call("layers.1.mlp", spec(0), ROUTER, null, EXPERTS, null, HIDDEN, OUTPUT);
      assertEquals(
          Set.of("router", "0.gate", "0.up", "0.down", "1.gate", "1.up", "1.down"), names(call));
    }

    @Test
    void isNotChangedBehindItsBack() {
      List<Expert> experts = new ArrayList<>(EXPERTS);
      Call call = call(ROUTER, BIAS, experts, SHARED);
      experts.clear();
      assertEquals(EXPERTS, call.experts());
    }

    private static Set<String> names(Call call) {
      return call.weights().stream().map(WeightHandle::name).collect(Collectors.toSet());
    }
  }

  @Nested
  class Checks {
    @Test
    void everyExpertHasWeights() {
      assertRefused(
          "layers.1.mlp: weights of 1 experts; expected experts = 2. [MLA-0301]",
          () -> call(ROUTER, BIAS, EXPERTS.subList(0, 1), SHARED));
    }

    @Test
    void sharedExpertsAreGivenWhenTheSpecHasThem() {
      assertRefused(
          "layers.1.mlp: shared experts are missing, but sharedIntermediateSize = 5. [MLA-0301]",
          () -> call(ROUTER, BIAS, EXPERTS, null));
      assertRefused(
          "layers.1.mlp: shared experts are given, but sharedIntermediateSize = 0. [MLA-0301]",
          () -> new Call("layers.1.mlp", spec(0), ROUTER, BIAS, EXPERTS, SHARED, HIDDEN, OUTPUT));
    }

    @Test
    void theRouterScoresEveryExpert() {
      assertShape(
          "router': expected [experts, hiddenSize] = [2, 8], found [8, 2]",
          NamedWeight.of("router", 8, 2),
          BIAS,
          EXPERTS,
          SHARED);
      assertShape(
          "bias': expected [experts] = [2], found [3]",
          ROUTER,
          NamedWeight.of("bias", 3),
          EXPERTS,
          SHARED);
    }

    @Test
    void routedExpertsHaveTheirWidth() {
      assertShape(
          "x.gate': expected [intermediateSize, hiddenSize] = [3, 8], found [4, 8]",
          ROUTER,
          BIAS,
          List.of(EXPERTS.get(0), expert("x", 4, 8)),
          SHARED);
      Expert right = EXPERTS.get(0);
      assertShape(
          "up': expected [intermediateSize, hiddenSize] = [3, 8], found [8, 3]",
          ROUTER,
          BIAS,
          List.of(right, new Expert(right.gate(), NamedWeight.of("up", 8, 3), right.down())),
          SHARED);
      assertShape(
          "down': expected [hiddenSize, intermediateSize] = [8, 3], found [3, 8]",
          ROUTER,
          BIAS,
          List.of(right, new Expert(right.gate(), right.up(), NamedWeight.of("down", 3, 8))),
          SHARED);
    }

    @Test
    void sharedExpertsHaveAWidthOfTheirOwn() {
      assertShape(
          "0.gate': expected [sharedIntermediateSize, hiddenSize] = [5, 8], found [3, 8]",
          ROUTER,
          BIAS,
          EXPERTS,
          EXPERTS.get(0));
    }

    private static void assertShape(
        String problem,
        WeightHandle router,
        WeightHandle bias,
        List<Expert> experts,
        Expert shared) {
      assertModelRefused(
          "layers.1.mlp: tensor '" + problem + ". [MLA-0203]",
          () -> call(router, bias, experts, shared));
    }
  }
}
