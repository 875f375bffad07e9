package org.mla4j.tck.cases;

import java.util.List;
import java.util.Set;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.layer.MlaLayer;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.NodeList;
import org.mla4j.tck.harness.PlanTrial;
import org.mla4j.tck.harness.Session;

/** Layers as plans of separate ops. */
final class Layers {
  /** The ops without which a run of a layer says nothing about attention. */
  static final Set<String> ATTENTION =
      Set.of(
          AbsorbQuery.TYPE,
          ConcatAndCacheMla.TYPE,
          GatherCache.TYPE,
          MergeAttentionStates.TYPE,
          MlaContextAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaPrefillAttention.TYPE,
          ProjectValue.TYPE);

  private Layers() {}

  /** A layer and its separate ops. */
  record Plan(List<Node> nodes, MultiHeadLatentAttention.Call call) {}

  static Plan plan(Session session, LayerExample example) {
    NodeList plan =
        new NodeList(
            session.layout(example.dims().cacheSpec()),
            session.engine().limits().maxSequenceLength());
    StepValue hidden = StepValue.buffer("hidden", DType.F32, Rows.ALL, example.spec().hiddenSize());
    MlaLayer.add(plan, "attn", example.spec(), example.weights(), hidden);
    return new Plan(plan.nodes(), (MultiHeadLatentAttention.Call) plan.call());
  }

  /** Runs the separate ops of a layer in one batch. */
  static void check(Session session, LayerExample example, Batch batch, Set<String> ops) {
    Plan plan = plan(session, example);
    try (PlanTrial trial = new PlanTrial(session, plan.nodes(), plan.call(), ops)) {
      trial.stage(batch).check(tolerance(example.dims()));
    }
  }

  /** Several roundings one after another, and cells that may flip. */
  static double tolerance(Dims dims) {
    return dims.cache() == DType.F32 ? 5e-5 : Specimens.storedTolerance(dims.cache());
  }

  static LayerExample example(Session session, Dims dims, LayerExample.Variant variant) {
    return new LayerExample("", dims, variant, session.engine().limits().maxSequenceLength());
  }
}
