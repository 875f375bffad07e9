package org.mla4j.api.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

class PlanBuilderTest {
  /** A builder that can do no more than name things. */
  private record Names(String prefix) implements PlanBuilder {
    @Override
    public PlanBuilder scope(String name) {
      return new Names(name(name));
    }

    @Override
    public String name(String name) {
      return prefix + "." + name;
    }

    @Override
    public CacheValue cache(String name, CacheSpec spec) {
      throw new AssertionError();
    }

    @Override
    public WeightHandle ropeTable(RopeSpec rope) {
      throw new AssertionError();
    }

    @Override
    public void add(String name, Rows rows, Op op) {
      throw new AssertionError();
    }

    @Override
    public void layer(LayerCall call, DefaultForward defaultForward) {
      throw new AssertionError();
    }
  }

  @Test
  void buffersAreNamedByTheirScopes() {
    assertEquals(
        StepValue.buffer("layers.0.attn.q", DType.F32, Rows.DECODE, 16, 192),
        new Names("layers.0").scope("attn").buffer("q", DType.F32, Rows.DECODE, 16, 192));
  }

  @Test
  void withoutBeingAskedAttentionIsAddedAsSeparateOps() {
    assertEquals(
        Optional.empty(),
        new Names("layers.0")
            .attentionForm(_ -> {
              throw new AssertionError();
            }));
  }
}
