package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Trial;

/** Numbers and parameters at which an op that is almost right differs from its definition. */
final class NumberCases {
  private NumberCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    // The epsilon is as large as the mean of squares: where it is added shows.
    cases.add(norm("rows of about 0.001", 1));
    cases.add(norm("scaled after the norm", 1.5));
    cases.add(variant(RmsNorm.TYPE, "of heads", Specimens::headNorm));
    cases.add(variant(RotaryEmbedding.TYPE, "several key heads", Specimens::keyHeads));
    cases.add(variant(Add.TYPE, "times a factor", Specimens::scaledAdd));
    cases.add(variant(FusedAddRmsNorm.TYPE, "times a factor", Specimens::scaledAddNorm));
    cases.add(variant(Embedding.TYPE, "times a factor", Specimens::scaledEmbedding));
    cases.add(
        variant(
            MlaDecompressedAttention.TYPE,
            "without norm, bias and rope",
            it -> it.decompressed(false)));
    cases.add(variant(GqaAttention.TYPE, "several heads to a key", it -> it.gqa(6, 2)));
    cases.add(
        new Case(
            Rules.ofOp(Sample.TYPE),
            Sample.TYPE + ", top-p of the mass before min-p",
            Set.of(Sample.TYPE),
            subject ->
                Trial.check(
                    subject,
                    sampled(new Sampling(1, 0, 0.6f, 0.5f)),
                    session ->
                        SemanticCases.firstOf(
                            session, dims -> unequal(new Specimens(session, dims))))));
    return cases;
  }

  private static Case variant(String type, String name, Function<Specimens, Specimen> of) {
    return new Case(
        Rules.ofOp(type),
        type + ", " + name,
        Set.of(type),
        subject ->
            Trial.check(
                subject,
                Batch.mixed(),
                session -> {
                  Specimens.accepted(session, type); // else skipped for that reason
                  return SemanticCases.firstOf(
                      session, dims -> of.apply(new Specimens(session, dims)));
                }));
  }

  private static Case norm(String name, double scale) {
    return new Case(
        Rules.ofOp(RmsNorm.TYPE),
        RmsNorm.TYPE + ", " + name,
        Set.of(RmsNorm.TYPE),
        subject ->
            Trial.check(
                subject,
                Batch.mixed(),
                session ->
                    SemanticCases.firstOf(
                        session,
                        dims -> {
                          RmsNorm usual =
                              (RmsNorm) new Specimens(session, dims).offered(RmsNorm.TYPE).op();
                          RmsNorm norm =
                              new RmsNorm(
                                  usual.x(), usual.weight(), usual.eps(), scale, usual.out());
                          Specimen specimen = Specimen.of(norm, Specimen.F32);
                          return scale == 1
                              ? specimen.then(bench -> bench.random(norm.x(), 1e-3))
                              : specimen;
                        })));
  }

  /** Sequences of one token, drawn from all over [0, 1). */
  private static Batch sampled(Sampling how) {
    int[][] sequences = new int[9][];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = new int[] {3, 1};
    }
    return Batch.of("draws", 16, sequences, new int[][] {})
        .with("min-p", step -> sampleAll(step, how));
  }

  private static void sampleAll(StepDescription step, Sampling how) {
    int count = step.sequences();
    int[] blocks = new int[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = step.block(i, 0);
    }
    step.clear();
    for (int i = 0; i < count; i++) {
      step.addSequence(Phase.DECODE, 3, new int[1], 0, 1, new int[] {blocks[i]}, 1);
      step.wantLastLogits(how, (i + 0.5) / count);
    }
  }

  /**
   * Three tokens above min-p with little more than half of the mass: of what they have top-p keeps
   * two, of all there was it keeps three.
   */
  private static Specimen unequal(Specimens specimens) {
    Specimen specimen = specimens.offered(Sample.TYPE);
    StepValue logits = ((Sample) specimen.op()).logits();
    return specimen.then(bench -> fill(bench, logits));
  }

  private static void fill(Bench bench, StepValue logits) {
    int width = logits.rowWidth();
    double[] row = new double[width];
    for (int i = 0; i < width; i++) {
      row[i] = Math.log(2.3 / (width - 3));
    }
    row[width / 4] = Math.log(1.1);
    row[width / 2] = 0;
    row[width - 2] = Math.log(0.9);
    for (int i = 0; i < bench.step().count(Rows.LOGITS); i++) {
      bench.fill(logits, i, row);
    }
  }
}
