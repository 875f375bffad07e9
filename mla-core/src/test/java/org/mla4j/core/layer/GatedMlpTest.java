package org.mla4j.core.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.testing.ArrayWeight;
import org.mla4j.core.testing.ListedPlan;

class GatedMlpTest {
  private static final Expert WEIGHTS =
      new Expert(
          ArrayWeight.of("gate", DType.F32, new float[24], 3, 8),
          ArrayWeight.of("up", DType.F32, new float[24], 3, 8),
          ArrayWeight.of("down", DType.F32, new float[24], 8, 3));

  @Test
  void gateAndUpAreTheHalvesOfOneRow() {
    StepValue hidden = StepValue.buffer("hidden", DType.F32, Rows.ALL, 8);
    ListedPlan plan = new ListedPlan();
    StepValue output = GatedMlp.add(plan, "mlp", WEIGHTS, hidden);

    assertEquals(
        List.of("mlp.gate_proj", "mlp.up_proj", "mlp.act", "mlp.down_proj"), plan.nodeNames());
    SiluAndMul act = plan.op("mlp.act", SiluAndMul.class);
    StepValue both = act.gateUp();
    assertEquals(6, both.rowWidth());
    assertEquals(
        new Linear(hidden, WEIGHTS.gate(), null, both.narrow("mlp.gate", 0, 0, 3)),
        plan.op("mlp.gate_proj", Linear.class));
    assertEquals(
        new Linear(hidden, WEIGHTS.up(), null, both.narrow("mlp.up", 0, 3, 3)),
        plan.op("mlp.up_proj", Linear.class));
    assertEquals(
        new Linear(act.out(), WEIGHTS.down(), null, output),
        plan.op("mlp.down_proj", Linear.class));
    assertEquals(8, output.rowWidth());
  }
}
