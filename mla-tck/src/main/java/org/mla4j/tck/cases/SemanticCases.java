package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.Sample;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Trial;

/** The mistakes that others made in what ops mean, one rule each. */
final class SemanticCases {
  private static final Batch DECODE =
      Batch.of("decode", 16, new int[][] {{20, 1}, {31, 2}, {63, 1}}, new int[][] {});
  private static final Batch PREFILL =
      Batch.of("prefill", 16, new int[][] {}, new int[][] {{0, 9}, {20, 4}});

  private final List<Case> cases = new ArrayList<>();

  private SemanticCases() {}

  static List<Case> cases() {
    SemanticCases made = new SemanticCases();
    made.logSumExp();
    made.scale();
    made.keyNotNormed();
    made.pairs();
    made.mask();
    made.pages();
    made.ties();
    return made.cases;
  }

  private void add(Rule rule, String name, String type, Case.Body body) {
    cases.add(new Case(rule, type + ", " + name, Set.of(type), body));
  }

  /** With all scores 0 a log-sum-exp is the logarithm of the number of keys, whatever the scale. */
  private void logSumExp() {
    add(
        Rules.NATURAL_LOG,
        "queries of 0",
        MlaDecodeAttention.TYPE,
        subject -> {
          try (Session session = Session.open(subject, DECODE.limits());
              Trial trial = Specimens.trial(session, MlaDecodeAttention.TYPE)) {
            trial.stage(DECODE);
            MlaDecodeAttention op = (MlaDecodeAttention) trial.op();
            zero(trial.bench(), op.qLatent());
            zero(trial.bench(), op.qPe());
            trial.forward();
            requireCounts(trial.bench(), op.lse(), true);
          }
        });
    add(
        Rules.NATURAL_LOG,
        "queries of 0",
        MlaPrefillAttention.TYPE,
        subject -> {
          try (Session session = Session.open(subject, PREFILL.limits());
              Trial trial = Specimens.trial(session, MlaPrefillAttention.TYPE)) {
            trial.stage(PREFILL);
            MlaPrefillAttention op = (MlaPrefillAttention) trial.op();
            zero(trial.bench(), op.qNope());
            zero(trial.bench(), op.qPe());
            trial.forward();
            requireCounts(trial.bench(), op.lse(), false);
          }
        });
    for (String type : List.of(MlaContextAttention.TYPE)) {
      add(
          Rules.NATURAL_LOG,
          "random queries",
          type,
          subject -> Trial.check(subject, PREFILL, session -> Specimens.accepted(session, type)));
    }
  }

  private static void zero(Bench bench, @org.jspecify.annotations.Nullable StepValue value) {
    for (int row = 0; value != null && row < bench.step().count(value.rows()); row++) {
      bench.fill(value, row, new double[value.rowWidth()]);
    }
  }

  private static void requireCounts(
      Bench bench, @org.jspecify.annotations.Nullable StepValue lse, boolean context) {
    StepValue value = java.util.Objects.requireNonNull(lse);
    double[][] found = bench.read(value);
    for (int row = 0; row < found.length; row++) {
      int token = bench.step().firstToken(value.rows()) + row;
      int sequence = bench.step().sequenceOf(token);
      int keys =
          context
              ? bench.step().position(token) + 1
              : token - bench.step().queryStart(sequence) + 1;
      double is = found[row][0];
      int at = row;
      Failure.unless(
          Math.abs(is - Math.log(keys)) < 1e-5,
          () ->
              "row "
                  + at
                  + " of "
                  + value
                  + " with "
                  + keys
                  + " equal scores of 0: expected ln("
                  + keys
                  + ") = "
                  + Math.log(keys)
                  + ", found "
                  + is);
    }
  }

  private void scale() {
    for (double factor : new double[] {0.25, 3}) {
      add(
          Rules.SCALE,
          "scale times " + factor,
          MlaDecodeAttention.TYPE,
          subject ->
              Trial.check(
                  subject,
                  DECODE,
                  session ->
                      firstOf(
                          session,
                          dims ->
                              new Specimens(session, dims).decode(dims.scale() * factor, true))));
      add(
          Rules.SCALE,
          "scale times " + factor,
          MlaPrefillAttention.TYPE,
          subject ->
              Trial.check(
                  subject,
                  PREFILL,
                  session ->
                      firstOf(
                          session,
                          dims ->
                              new Specimens(session, dims).prefill(dims.scale() * factor, true))));
    }
    add(
        Rules.SCALE,
        "width P + R",
        MlaDecodeAttention.TYPE,
        subject ->
            Trial.check(
                subject, DECODE, session -> Specimens.accepted(session, MlaDecodeAttention.TYPE)));
    add(
        Rules.SCALE,
        "without log-sum-exp",
        MlaDecodeAttention.TYPE,
        subject ->
            Trial.check(
                subject,
                DECODE,
                session ->
                    firstOf(
                        session,
                        dims -> new Specimens(session, dims).decode(dims.scale(), false))));
  }

  /** The first of the usual widths that the backend takes. */
  static Specimen firstOf(Session session, java.util.function.Function<Dims, Specimen> of) {
    Specimen small = of.apply(Dims.SMALL);
    return session.declined(small.op()).isEmpty() ? small : of.apply(Dims.REAL);
  }

  /** A key so large that a norm of it, or of latent and key together, is seen. */
  private void keyNotNormed() {
    for (String type : List.of(RmsNormRopeConcatAndCacheMla.TYPE, MlaPreprocess.TYPE)) {
      for (RopeStyle style : RopeStyle.values()) {
        add(
            Rules.KEY_NOT_NORMED,
            style + " key of about 50",
            type,
            subject -> {
              Batch batch = Batch.mixed();
              Trial.check(
                  subject,
                  batch,
                  session ->
                      firstOf(
                          session,
                          dims -> {
                            Specimens specimens = new Specimens(session, dims.style(style));
                            Specimen specimen = specimens.offered(type);
                            StepValue kPe = specimens.kPe();
                            return type.equals(MlaPreprocess.TYPE) || kPe == null
                                ? specimen
                                : specimen.then(bench -> bench.random(kPe, 50));
                          }));
            });
      }
    }
  }

  private void pairs() {
    for (String type :
        List.of(
            RotaryEmbedding.TYPE, RopeConcatAndCacheMla.TYPE, RmsNormRopeConcatAndCacheMla.TYPE)) {
      for (RopeStyle style : RopeStyle.values()) {
        add(
            Rules.ROPE_PAIRS,
            style.toString(),
            type,
            subject ->
                Trial.check(
                    subject,
                    Batch.mixed(),
                    session ->
                        firstOf(
                            session,
                            dims -> new Specimens(session, dims.style(style)).offered(type))));
      }
    }
  }

  /**
   * A key that would win every soft-max lies behind the token: who looks one too far sees nothing
   * else; and one at the token itself, which who stops one short misses.
   */
  private void mask() {
    add(
        Rules.CAUSAL,
        "large keys after the token",
        MlaDecodeAttention.TYPE,
        subject -> {
          Batch batch =
              Batch.of("several new tokens", 16, new int[][] {{14, 5}, {0, 3}}, new int[][] {});
          Trial.check(
              subject,
              batch,
              session ->
                  firstOf(
                      session,
                      dims ->
                          new Specimens(session, dims).decode().then(SemanticCases::growingCache)));
        });
    add(
        Rules.CAUSAL,
        "keys that grow",
        MlaPrefillAttention.TYPE,
        subject ->
            Trial.check(
                subject,
                PREFILL,
                session ->
                    firstOf(
                        session,
                        dims -> {
                          Specimen specimen = new Specimens(session, dims).prefill();
                          MlaPrefillAttention op = (MlaPrefillAttention) specimen.op();
                          return specimen.then(bench -> {
                            grow(bench, op.kNope());
                            grow(bench, op.v());
                          });
                        })));
    add(
        Rules.CAUSAL,
        "all context rows",
        MlaContextAttention.TYPE,
        subject ->
            Trial.check(
                subject,
                PREFILL,
                session -> Specimens.accepted(session, MlaContextAttention.TYPE)));
  }

  private static void growingCache(Bench bench) {
    CacheValue cache = bench.caches().keySet().iterator().next().cache();
    var model = bench.live(cache);
    for (int sequence = 0; sequence < bench.step().sequences(); sequence++) {
      for (int position = 0; position < bench.step().sequenceLength(sequence); position++) {
        long slot = bench.slot(sequence, position);
        double[] row = model.decode(slot);
        for (int i = 0; i < row.length; i++) {
          row[i] *= 1 + 0.3 * position;
        }
        bench.put(model, slot, row);
      }
    }
  }

  private static void grow(Bench bench, StepValue value) {
    double[][] rows = bench.read(value);
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < rows[row].length; i++) {
        rows[row][i] *= 1 + row;
      }
      bench.fill(value, row, rows[row]);
    }
  }

  private void pages() {
    for (int blockSize : new int[] {1, 4, 16, 64}) {
      Batch batch =
          Batch.of(
              "blocks of " + blockSize,
              blockSize,
              new int[][] {{70, 1}, {31, 2}, {0, 1}},
              new int[][] {{65, 2}, {8, 3}});
      for (String type : List.of(MlaDecodeAttention.TYPE, "gather_cache", "gqa_attention")) {
        add(
            Rules.PAGES,
            batch.name(),
            type,
            subject -> Trial.check(subject, batch, session -> Specimens.accepted(session, type)));
      }
    }
  }

  private void ties() {
    MoeSpec plain = new MoeSpec(40, 8, 3, 24, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 0);
    MoeSpec grouped =
        new MoeSpec(40, 8, 3, 24, Scoring.SIGMOID, 4, 2, GroupScore.TOP2_SUM, true, 2, 0);
    for (MoeSpec spec : List.of(plain, grouped)) {
      add(
          Rules.TIES,
          "all logits equal, " + spec.groups() + " groups",
          MoeGate.TYPE,
          subject ->
              Trial.check(
                  subject,
                  Batch.mixed(),
                  session ->
                      new Specimens(session, Dims.SMALL)
                          .gate(spec, false)
                          .then(bench ->
                              zero(
                                  bench,
                                  StepValue.buffer(
                                      "logits", org.mla4j.api.tensor.DType.F32, Rows.ALL, 8)))));
      add(
          Rules.TIES,
          "random logits, " + spec.groups() + " groups",
          MoeGate.TYPE,
          subject ->
              Trial.check(
                  subject,
                  Batch.mixed(),
                  session -> new Specimens(session, Dims.SMALL).gate(spec, true)));
    }
    add(
        Rules.TIES,
        "equal logits",
        Sample.TYPE,
        subject ->
            Trial.check(
                subject,
                Batch.mixed(),
                session -> {
                  Specimen specimen = new Specimens(session, Dims.SMALL).offered(Sample.TYPE);
                  StepValue logits = ((Sample) specimen.op()).logits();
                  return specimen.then(bench -> {
                    for (int row = 0; row < bench.step().count(Rows.LOGITS); row++) {
                      double[] equal = new double[logits.rowWidth()];
                      for (int i = 0; i < equal.length; i++) {
                        equal[i] = i % 10 == 3 ? 2 : i % 7;
                      }
                      bench.fill(logits, row, equal);
                    }
                  });
                }));
  }
}
