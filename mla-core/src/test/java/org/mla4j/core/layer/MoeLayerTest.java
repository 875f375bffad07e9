package org.mla4j.core.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.ListedPlan;

/** The default forward of a layer with three experts of which two see a token. */
class MoeLayerTest {
  private static final WeightHandle ROUTER = weight("router", 3, 8);
  private static final WeightHandle BIAS = weight("bias", 3);
  private static final List<Expert> EXPERTS =
      List.of(expert("0", 4), expert("1", 4), expert("2", 4));
  private static final Expert SHARED = expert("shared", 6);
  private static final StepValue HIDDEN = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);

  private final ListedPlan plan = new ListedPlan();

  private static WeightHandle weight(String name, int... extents) {
    int elements = 1;
    long[] shape = new long[extents.length];
    for (int axis = 0; axis < extents.length; axis++) {
      elements *= extents[axis];
      shape[axis] = extents[axis];
    }
    return ArrayWeight.of(name, DType.F32, new float[elements], shape);
  }

  private static Expert expert(String name, int inner) {
    return new Expert(
        weight(name + ".gate", inner, 8),
        weight(name + ".up", inner, 8),
        weight(name + ".down", 8, inner));
  }

  private static MoeSpec spec(int sharedWidth) {
    return new MoeSpec(8, 3, 2, 4, Scoring.SIGMOID, 1, 1, GroupScore.MAX, true, 2.5, sharedWidth);
  }

  private StepValue add(WeightHandle router, @Nullable WeightHandle bias, @Nullable Expert shared) {
    return MoeLayer.add(
        plan.scope("layers.1"),
        "mlp",
        spec(shared == null ? 0 : 6),
        router,
        bias,
        EXPERTS,
        shared,
        HIDDEN);
  }

  @Test
  void isOneLayerOfItsKind() {
    StepValue output = add(ROUTER, BIAS, SHARED);
    FusedMoe.Call call = (FusedMoe.Call) plan.layers().get(0);
    assertEquals(1, plan.layers().size());
    assertEquals("layers.1.mlp", call.layer());
    assertEquals(List.of(HIDDEN), call.reads());
    assertEquals(List.of(output), call.writes());
    assertEquals(StepValue.buffer("layers.1.mlp.output", DType.F32, Rows.ALL, 8), output);
  }

  @Test
  void routesThenRunsTheChosenExperts() {
    StepValue output = add(ROUTER, BIAS, null);
    assertEquals(
        List.of("layers.1.mlp.gate", "layers.1.mlp.choose", "layers.1.mlp.experts"),
        plan.nodeNames());
    Linear gate = plan.op("layers.1.mlp.gate", Linear.class);
    MoeGate choose = plan.op("layers.1.mlp.choose", MoeGate.class);
    assertEquals(new Linear(HIDDEN, ROUTER, null, choose.logits()), gate);
    assertEquals(3, choose.logits().rowWidth());
    assertEquals(BIAS, choose.correctionBias());
    assertEquals(DType.I32, choose.ids().dtype());
    assertEquals(2, choose.ids().rowWidth());
    assertEquals(
        new RoutedExperts(spec(0), HIDDEN, choose.ids(), choose.topKWeights(), EXPERTS, output),
        plan.op("layers.1.mlp.experts", RoutedExperts.class));
  }

  @Test
  void needsNoCorrectionBias() {
    add(ROUTER, null, null);
    assertEquals(List.of(), plan.op("layers.1.mlp.choose", MoeGate.class).weights());
  }

  @Test
  void addsWhatTheSharedExpertsSay() {
    StepValue output = add(ROUTER, BIAS, SHARED);
    Linear down = plan.op("layers.1.mlp.shared_experts.down_proj", Linear.class);
    assertEquals(SHARED.down(), down.weight());
    assertEquals(new Add(output, down.out()), plan.op("layers.1.mlp.add_shared", Add.class));
    assertEquals("layers.1.mlp.add_shared", plan.nodeNames().getLast());
  }

  @Test
  void refusesWeightsOfAnotherShape() {
    ModelException e =
        assertThrows(ModelException.class, () -> add(weight("router", 8, 3), BIAS, SHARED));
    assertEquals(
        "layers.1.mlp: tensor 'router': expected [experts, hiddenSize] = [3, 8], found [8, 3]."
            + " [MLA-0203]",
        e.getMessage());
  }
}
