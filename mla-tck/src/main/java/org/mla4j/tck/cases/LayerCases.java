package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.plan.Node;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Rules;
import org.mla4j.tck.cases.LayerExample.Variant;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Comparison;
import org.mla4j.tck.harness.PlanTrial;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;
import org.mla4j.tck.reference.References;
import org.mla4j.tck.reference.StepMemory;

/** Layers as separate ops, whole, in part, and in plans. */
final class LayerCases {
  private static final List<Batch> BATCHES =
      List.of(Batch.mixed(), Batch.decodeOnly(), Batch.prefillOnly());

  private final ConformanceSettings settings;
  private final List<Case> cases = new ArrayList<>();

  private LayerCases(ConformanceSettings settings) {
    this.settings = settings;
  }

  static List<Case> cases(ConformanceSettings settings) {
    LayerCases made = new LayerCases(settings);
    made.layers();
    made.forms();
    made.moe();
    made.gqa();
    return made.cases;
  }

  private record Combination(Variant variant, Dims dims, Batch batch) {
    @Override
    public String toString() {
      return batch + ", " + variant + ", Lq=" + dims.queryLatent() + " " + dims;
    }
  }

  private void layers() {
    List<Combination> grid = new ArrayList<>();
    for (Variant variant : Variant.values()) {
      for (Dims dims : dims()) {
        for (Batch batch : BATCHES) {
          grid.add(new Combination(variant, dims, batch));
        }
      }
    }
    for (Variant variant : Variant.values()) {
      cases.add(separate("", new Combination(variant, Dims.SMALL, Batch.mixed())));
    }
    for (Combination one : Draw.some(grid, 20, settings)) {
      cases.add(separate("drawn, ", one));
      cases.add(
          Case.of(
              Rules.WHOLE_LAYER,
              one.toString(),
              subject -> whole(subject, one.batch, one.variant, one.dims)));
      cases.add(
          Case.of(
              Rules.PLAN,
              one.toString(),
              subject -> plan(subject, one.batch, one.variant, one.dims)));
    }
  }

  private static Case separate(String prefix, Combination one) {
    return Case.of(
        Rules.DEFAULT_FORWARD,
        prefix + one,
        subject -> {
          try (Session session = Session.open(subject, one.batch.limits())) {
            Layers.check(
                session,
                Layers.example(session, one.dims, one.variant),
                one.batch,
                session.backend().ops());
          }
        });
  }

  private static List<Dims> dims() {
    return List.of(
        Dims.SMALL,
        Dims.SMALL.queryLatent(0),
        Dims.SMALL.heads(5).style(RopeStyle.NEOX),
        Dims.SMALL.widths(20, 0, 24, 32),
        Dims.SMALL.cache(DType.BF16, 1),
        Dims.SMALL.cache(DType.F8_E4M3, 0.5f),
        Dims.REAL.heads(8),
        Dims.SMALL.heads(20).widths(192, 64, 256, 96));
  }

  /** Latitude of a layer that may read its own new tokens back from the cache, or not. */
  private static double tolerance(Dims dims) {
    return switch (dims.cache()) {
      case F32 -> 5e-5;
      case BF16, F16 -> 2e-2;
      default -> 1.5e-1;
    };
  }

  /** A layer taken whole against its definition. */
  static void whole(Subject subject, Batch batch, Variant variant, Dims dims) {
    Trial.check(
        subject,
        batch,
        session -> {
          if (!session.backend().layers().contains(MultiHeadLatentAttention.TYPE)) {
            throw new Skipped("does not offer the layer '" + MultiHeadLatentAttention.TYPE + "'");
          }
          return Specimen.of(
              Layers.plan(session, Layers.example(session, dims, variant)).call(), tolerance(dims));
        });
  }

  private static void plan(Subject subject, Batch batch, Variant variant, Dims dims) {
    try (Session session = Session.open(subject, batch.limits());
        Bench bench = new Bench(batch.limits())) {
      if (session.backend().supportsPlan(List.of()).isEmpty()) {
        throw new Skipped("takes no whole plans");
      }
      Layers.Plan plan = Layers.plan(session, Layers.example(session, dims, variant));
      Optional<Support> answer = session.backend().supportsPlan(plan.nodes());
      if (answer.isPresent() && answer.get() instanceof Support.No(List<String> reasons)) {
        throw new Skipped("plan: " + String.join("; ", reasons));
      }
      Op[] ops = plan.nodes().stream().map(Node::op).toArray(Op[]::new);
      Kernel kernel =
          session.keep(session.backend().createPlan(plan.nodes(), session.bindings(bench, ops)));
      bench.describe(batch);
      bench.random(plan.call().hidden(), 1);
      bench.randomCache(plan.call().cache(), false);
      StepMemory expected = bench.model();
      References.run(plan.call(), expected);
      session.forward(bench.step(), kernel);
      new Comparison(bench, plan.call(), tolerance(dims)).requireResults(expected);
    }
  }

  private void forms() {
    for (AttentionForm form : EdgeCases.FORMS) {
      for (Dims dims :
          List.of(
              Dims.SMALL,
              Dims.SMALL.queryLatent(0).style(RopeStyle.NEOX),
              Dims.SMALL.widths(20, 0, 24, 32),
              Dims.REAL.heads(8),
              Dims.SMALL.cache(DType.F8_E4M3, 0.5f))) {
        cases.add(
            Case.of(
                Rules.FORMS,
                form + ", " + dims,
                CompositeOp.MLA_ATTENTION,
                subject -> form(subject, form, dims)));
      }
    }
  }

  private static void form(Subject subject, AttentionForm form, Dims dims) {
    for (Batch batch : BATCHES) {
      Trial.check(
          subject,
          batch,
          session -> {
            if (!session.backend().attentionForms().contains(form)) {
              throw new Skipped("does not offer attention of the form " + form);
            }
            Specimen specimen =
                new Specimens(session, dims)
                    .attention(form, Layers.example(session, dims, Variant.PLAIN));
            return specimen.tolerance(tolerance(dims));
          });
    }
  }

  private void gqa() {
    for (GqaExample example : GqaExample.all()) {
      for (Batch batch : BATCHES) {
        cases.add(
            Case.of(
                Rules.GQA_LAYER,
                "separate ops, " + batch + ", " + example,
                subject -> {
                  try (Session session = Session.open(subject, batch.limits())) {
                    GqaExample.Plan plan = example.plan(session);
                    try (PlanTrial trial =
                        new PlanTrial(
                            session, plan.nodes(), plan.call(), session.backend().ops())) {
                      trial.stage(batch).check(tolerance(example.dims()));
                    }
                  }
                }));
        cases.add(
            Case.of(
                Rules.GQA_LAYER,
                "whole, " + batch + ", " + example,
                subject ->
                    Trial.check(
                        subject,
                        batch,
                        session -> {
                          if (!session.backend().layers().contains(GroupedQueryAttention.TYPE)) {
                            throw new Skipped(
                                "does not offer the layer '" + GroupedQueryAttention.TYPE + "'");
                          }
                          return Specimen.of(
                              example.plan(session).call(), tolerance(example.dims()));
                        })));
      }
    }
  }

  private void moe() {
    for (int shared : new int[] {0, 32}) {
      for (boolean biased : new boolean[] {false, true}) {
        MoeSpec spec =
            new MoeSpec(
                40, 8, 3, 24, Scoring.SIGMOID, 4, 2, GroupScore.TOP2_SUM, true, 2.5, shared);
        cases.add(
            Case.of(
                Rules.MOE_LAYER,
                (shared > 0 ? "shared experts" : "no shared experts") + (biased ? ", biased" : ""),
                subject ->
                    Trial.check(subject, Batch.mixed(), session -> moe(session, spec, biased))));
      }
    }
  }

  private static Specimen moe(Session session, MoeSpec spec, boolean biased) {
    if (!session.backend().layers().contains(FusedMoe.TYPE)) {
      throw new Skipped("does not offer the layer '" + FusedMoe.TYPE + "'");
    }
    int hidden = spec.hiddenSize();
    return Specimen.of(
        new FusedMoe.Call(
            "moe",
            spec,
            Weights.matrix("router", DType.F32, spec.experts(), hidden),
            biased ? Weights.bias("correction", spec.experts()) : null,
            IntStream.range(0, spec.experts())
                .mapToObj(i -> expert("expert" + i, spec.intermediateSize(), hidden))
                .toList(),
            spec.hasSharedExperts()
                ? expert("shared", spec.sharedIntermediateSize(), hidden)
                : null,
            StepValue.buffer("hidden", DType.F32, Rows.ALL, hidden),
            StepValue.buffer("output", DType.F32, Rows.ALL, hidden)),
        Specimen.F32);
  }

  private static Expert expert(String name, int inner, int hidden) {
    return new Expert(
        Weights.matrix(name + ".gate", DType.F32, inner, hidden),
        Weights.matrix(name + ".up", DType.F32, inner, hidden),
        Weights.matrix(name + ".down", DType.F32, hidden, inner));
  }
}
