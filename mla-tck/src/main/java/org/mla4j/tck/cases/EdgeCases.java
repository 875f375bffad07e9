package org.mla4j.tck.cases;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Trial;

/** The table of edge cases, row by row. */
final class EdgeCases {
  private static final List<String> WRITERS =
      List.of(
          ConcatAndCacheMla.TYPE,
          GqaAttention.TYPE,
          MlaPreprocess.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE,
          "mla_attention");

  private final List<Case> cases = new ArrayList<>();

  private EdgeCases() {}

  static List<Case> cases() {
    EdgeCases made = new EdgeCases();
    made.profiling();
    made.slots();
    made.emptyCache();
    made.emptySequences();
    made.infinities();
    made.blocks();
    made.positions();
    made.unusableRows();
    made.optionalParts();
    made.noTokens();
    return made.cases;
  }

  private void add(Rule rule, String type, Batch batch) {
    add(
        rule,
        type,
        batch.name(),
        subject -> Trial.check(subject, batch, session -> Specimens.accepted(session, type)));
  }

  private void add(Rule rule, String type, String name, Case.Body body) {
    cases.add(new Case(rule, type + ", " + name, Set.of(type), body));
  }

  private void profiling() {
    Batch batch = Batch.mixed().with("profiling", step -> step.profile(5));
    for (String type :
        List.of(
            MlaPrefillAttention.TYPE,
            MlaDecompressedAttention.TYPE,
            GqaAttention.TYPE,
            "mla_attention",
            ConcatAndCacheMla.TYPE,
            RopeConcatAndCacheMla.TYPE,
            RmsNormRopeConcatAndCacheMla.TYPE,
            RotaryEmbedding.TYPE)) {
      add(Rules.PROFILING, type, batch);
    }
  }

  private void slots() {
    Batch none = Batch.mixed().with("no slot mapping", StepDescription::omitSlotMapping);
    Batch some =
        Batch.mixed()
            .with(
                "padding tokens",
                step -> {
                  step.skipSlot(1);
                  step.skipSlot(5);
                  step.skipSlot(step.tokens() - 1);
                });
    Batch all =
        Batch.mixed()
            .with(
                "all slots negative",
                step -> {
                  for (int token = 0; token < step.tokens(); token++) {
                    step.skipSlot(token);
                  }
                });
    for (String type : WRITERS) {
      add(Rules.NO_SLOT_MAPPING, type, none);
      add(Rules.NEGATIVE_SLOT, type, some);
      add(Rules.NEGATIVE_SLOT, type, all);
    }
    for (String type : List.of(RotaryEmbedding.TYPE, MlaDecodeAttention.TYPE)) {
      add(Rules.NO_SLOT_MAPPING, type, none);
      add(Rules.NEGATIVE_SLOT, type, some);
    }
  }

  private void emptyCache() {
    for (String type :
        List.of(
            ConcatAndCacheMla.TYPE,
            RopeConcatAndCacheMla.TYPE,
            RmsNormRopeConcatAndCacheMla.TYPE,
            MlaPreprocess.TYPE)) {
      add(
          Rules.EMPTY_CACHE,
          type,
          "a cache of 0 blocks",
          subject -> {
            Batch batch = Batch.mixed();
            try (Session session = Session.open(subject, batch.limits());
                Bench bench = new Bench(batch.limits())) {
              bench.emptyCaches();
              Specimen specimen = Specimens.accepted(session, type);
              bench.bind(specimen.op());
              var kernel = session.create(specimen.op(), bench);
              bench.describe(batch);
              specimen.filling().accept(bench);
              Map<Object, byte[]> before = bench.bytes();
              session.forward(bench.step(), kernel);
              requireCachesKept(bench, before);
            }
          });
    }
  }

  private static void requireCachesKept(Bench bench, Map<Object, byte[]> before) {
    bench
        .caches()
        .forEach((stored, segment) ->
            Failure.unless(
                java.util.Arrays.equals(segment.toArray(ValueLayout.JAVA_BYTE), before.get(stored)),
                () -> "the memory of cache '" + stored.cache().name() + "' was written"));
  }

  private void emptySequences() {
    Batch batch =
        Batch.of(
            "sequences without tokens",
            16,
            new int[][] {{0, 0}, {20, 1}, {7, 0}, {31, 2}, {16, 0}},
            new int[][] {{0, 0}, {17, 3}, {40, 0}, {0, 4}, {9, 0}});
    for (String type :
        List.of(
            MlaDecodeAttention.TYPE,
            MlaDecompressedAttention.TYPE,
            MlaPrefillAttention.TYPE,
            MlaContextAttention.TYPE,
            GatherCache.TYPE,
            MergeAttentionStates.TYPE,
            ConcatAndCacheMla.TYPE,
            RotaryEmbedding.TYPE,
            GqaAttention.TYPE,
            "mla_attention")) {
      add(Rules.NO_NEW_TOKENS, type, batch);
    }
    Batch without =
        Batch.of(
            "one of three has a context",
            16,
            new int[][] {},
            new int[][] {{0, 3}, {20, 2}, {0, 1}});
    Batch late =
        without
            .contextTokens(6)
            .with("last pass", step -> step.openContextPass(step.contextPasses() - 1));
    for (Batch of : List.of(without, late)) {
      add(
          Rules.EMPTY_CONTEXT,
          MlaContextAttention.TYPE,
          of.name(),
          subject ->
              Trial.check(
                  subject,
                  of,
                  session -> {
                    Specimen specimen = Specimens.accepted(session, MlaContextAttention.TYPE);
                    return of.equals(late) ? specimen.in(batch2 -> batch2) : specimen;
                  }));
    }
  }

  private void infinities() {
    double inf = Double.POSITIVE_INFINITY;
    double[][] sides = {
      {0.5, -inf},
      {-inf, 0.5},
      {-inf, -inf},
      {inf, 0.5},
      {0.5, inf},
      {inf, inf},
      {inf, -inf},
      {100, -100},
      {-90, -89},
      {700, 699}
    };
    Batch batch = Batch.of("infinities", 16, new int[][] {}, new int[][] {{0, sides.length}});
    add(
        Rules.INFINITE_LSE,
        MergeAttentionStates.TYPE,
        batch.name(),
        subject -> {
          try (Session session = Session.open(subject, batch.limits());
              Trial trial = Specimens.trial(session, MergeAttentionStates.TYPE)) {
            MergeAttentionStates op = (MergeAttentionStates) trial.op();
            trial.stage(batch);
            for (int row = 0; row < sides.length; row++) {
              fill(trial.bench(), op.prefixLse(), row, sides[row][0]);
              fill(trial.bench(), op.lse(), row, sides[row][1]);
            }
            double[][] prefix = trial.bench().read(op.prefix());
            double[][] out = trial.bench().read(op.out());
            trial.check();
            double[][] found = trial.bench().read(op.out());
            for (int row = 0; row < sides.length; row++) {
              boolean before = Double.isFinite(sides[row][0]);
              boolean after = Double.isFinite(sides[row][1]);
              if (before != after) {
                double[] kept = before ? prefix[row] : out[row];
                int at = row;
                Failure.unless(
                    java.util.Arrays.equals(kept, found[row]),
                    () ->
                        "row "
                            + at
                            + " with log-sum-exps "
                            + java.util.Arrays.toString(sides[at])
                            + ": expected the side with keys bit for bit");
              }
            }
          }
        });
  }

  private static void fill(Bench bench, StepValue value, int row, double number) {
    double[] numbers = new double[value.rowWidth()];
    java.util.Arrays.fill(numbers, number);
    bench.fill(value, row, numbers);
  }

  /** Block 0 full of large numbers, and tables that end in traps or in block 0. */
  private void blocks() {
    for (String type :
        List.of(
            MlaDecodeAttention.TYPE,
            MlaDecompressedAttention.TYPE,
            GatherCache.TYPE,
            GqaAttention.TYPE,
            "mla_attention")) {
      add(Rules.BEYOND_TABLE, type, Batch.mixed());
      Batch zeros = Batch.mixed().with("tables end in block 0", step -> {});
      add(
          Rules.BLOCK_ZERO,
          type,
          zeros.name(),
          subject -> {
            try (Session session = Session.open(subject, zeros.limits());
                Trial trial = Specimens.trial(session, type)) {
              trial.stage(zeros);
              endInBlockZero(trial.bench().step());
              fillBlockZero(trial.bench(), trial.op());
              trial.check();
            }
          });
    }
  }

  private static void endInBlockZero(StepDescription step) {
    int width = step.limits().blocksPerSequence();
    for (int sequence = 0; sequence < step.limits().maxSequences(); sequence++) {
      int owned =
          sequence < step.sequences()
              ? Math.ceilDiv(step.sequenceLength(sequence), step.limits().blockSize())
              : 0;
      for (int i = owned; i < width; i++) {
        step.blockTables().setAtIndex(ValueLayout.JAVA_INT, (long) sequence * width + i, 0);
      }
    }
  }

  private static void fillBlockZero(Bench bench, Op op) {
    for (Value value : op.reads()) {
      if (value instanceof CacheValue cache) {
        var model = bench.live(cache);
        for (int slot = 0; slot < bench.step().limits().blockSize(); slot++) {
          bench.put(model, slot, Numbers.normal(cache.spec().rowWidth(), 40, slot));
        }
      }
    }
  }

  private void positions() {
    for (String type :
        List.of(
            RotaryEmbedding.TYPE, RopeConcatAndCacheMla.TYPE, RmsNormRopeConcatAndCacheMla.TYPE)) {
      add(
          Rules.POSITION_BEYOND,
          type,
          "one position too many",
          subject -> {
            Batch batch = Batch.mixed();
            try (Session session = Session.open(subject, batch.limits())) {
              if (!session.backend().ops().contains(type)) {
                session.require(Specimens.accepted(session, type).op());
              }
              beyond(session, batch, type);
            }
          });
    }
  }

  private static void beyond(Session session, Batch batch, String type) {
    int positions = 33; // the last token of the batch is at position 33
    Specimen specimen =
        SemanticCases.firstOf(
            session,
            dims -> {
              Specimens specimens = new Specimens(session, dims);
              RotaryEmbedding rope = specimens.rope(dims.ropeTable(positions));
              return switch (type) {
                case RotaryEmbedding.TYPE -> Specimen.of(rope, Specimen.F32);
                case RopeConcatAndCacheMla.TYPE ->
                    Specimen.of(
                        new RopeConcatAndCacheMla(rope, specimens.concat(specimens.kvC())),
                        Specimen.F32);
                default -> specimens.normRopeConcat(rope);
              };
            });
    try (Trial trial = new Trial(session, specimen)) {
      trial.stage(batch);
      RotaryEmbedding rope = ropeOf(trial.op());
      double[][] before = trial.bench().read(rope.q());
      RuntimeException thrown = null;
      try {
        trial.forward();
      } catch (RuntimeException e) {
        thrown = e;
      }
      RuntimeException refused = thrown;
      Failure.unless(
          refused != null,
          () ->
              "position 33 with a table of "
                  + positions
                  + " positions: expected an exception, the step ran");
      String message = refused == null ? "" : String.valueOf(refused.getMessage());
      Failure.unless(
          message.contains("33"),
          () ->
              "position 33 beyond the table: expected a message that names it, found: " + message);
      Failure.unless(
          java.util.Arrays.deepEquals(before, trial.bench().read(rope.q())),
          () -> "queries were rotated although a position of the step was refused");
    }
  }

  private static RotaryEmbedding ropeOf(Op op) {
    return switch (op) {
      case RotaryEmbedding rope -> rope;
      case RopeConcatAndCacheMla fused -> fused.rope();
      case RmsNormRopeConcatAndCacheMla fused -> java.util.Objects.requireNonNull(fused.rope());
      default -> throw new IllegalArgumentException(op.type());
    };
  }

  private void unusableRows() {
    add(
        Rules.UNUSABLE_ROW,
        Sample.TYPE,
        "NaN and minus infinity",
        subject ->
            Trial.check(
                subject,
                Batch.mixed(),
                session -> {
                  Specimen specimen = new Specimens(session, Dims.SMALL).offered(Sample.TYPE);
                  StepValue logits = ((Sample) specimen.op()).logits();
                  return specimen.then(bench -> {
                    double[][] rows = bench.read(logits);
                    rows[0][99] = Double.NaN;
                    rows[1][0] = Double.NaN;
                    java.util.Arrays.fill(rows[2], Double.NEGATIVE_INFINITY);
                    java.util.Arrays.fill(rows[3], 0, 50, Double.NEGATIVE_INFINITY);
                    for (int row = 0; row < 4; row++) {
                      bench.fill(logits, row, rows[row]);
                    }
                  });
                }));
  }

  private void optionalParts() {
    for (LayerExample.Variant variant : LayerExample.Variant.values()) {
      for (int lora : new int[] {0, 28}) {
        for (int rope : new int[] {0, 16}) {
          add(
              Rules.OPTIONAL_PARTS,
              MlaPreprocess.TYPE,
              variant + ", Lq=" + lora + ", R=" + rope,
              subject ->
                  Trial.check(
                      subject,
                      Batch.mixed(),
                      session -> {
                        if (!session.backend().ops().contains(MlaPreprocess.TYPE)) {
                          session.require(Specimens.accepted(session, MlaPreprocess.TYPE).op());
                        }
                        return SemanticCases.firstOf(
                            session,
                            dims ->
                                new Specimens(
                                        session,
                                        dims.queryLatent(lora)
                                            .widths(dims.nope(), rope, dims.value(), dims.latent()))
                                    .preprocess(variant));
                      }));
        }
      }
    }
    for (int rope : new int[] {0, 16, 64}) {
      add(
          Rules.OPTIONAL_PARTS,
          RmsNormRopeConcatAndCacheMla.TYPE,
          "no rope, R=" + rope,
          subject ->
              Trial.check(
                  subject,
                  Batch.mixed(),
                  session -> {
                    if (!session.backend().ops().contains(RmsNormRopeConcatAndCacheMla.TYPE)) {
                      Specimens.accepted(session, RmsNormRopeConcatAndCacheMla.TYPE);
                    }
                    return SemanticCases.firstOf(
                        session,
                        dims ->
                            new Specimens(
                                    session,
                                    dims.widths(dims.nope(), rope, dims.value(), dims.latent()))
                                .normRopeConcat(null));
                  }));
    }
  }

  /** Attention ops of which one half has no tokens, and steps without any. */
  private void noTokens() {
    add(Rules.NO_TOKENS, "mla_attention", Batch.decodeOnly());
    add(Rules.NO_TOKENS, "mla_attention", Batch.prefillOnly());
    add(
        Rules.NO_TOKENS,
        "mla_attention",
        Batch.of("no tokens", 16, new int[][] {{3, 0}}, new int[][] {{0, 0}}));
    cases.add(
        Case.of(
            Rules.NO_TOKENS,
            "whole layer without tokens",
            subject ->
                LayerCases.whole(
                    subject,
                    Batch.of("no tokens", 16, new int[][] {{3, 0}}, new int[][] {{0, 0}}),
                    LayerExample.Variant.PLAIN,
                    Dims.SMALL)));
    for (Batch half : List.of(Batch.decodeOnly(), Batch.prefillOnly())) {
      cases.add(
          Case.of(
              Rules.NO_TOKENS,
              "whole layer, " + half,
              subject -> LayerCases.whole(subject, half, LayerExample.Variant.PLAIN, Dims.SMALL)));
    }
  }

  /** Forms that are worth a case of their own. */
  static final List<AttentionForm> FORMS = forms();

  private static List<AttentionForm> forms() {
    List<AttentionForm> forms = new ArrayList<>();
    for (AttentionForm.InputStage takes : AttentionForm.InputStage.values()) {
      for (AttentionForm.OutputForm returns : AttentionForm.OutputForm.values()) {
        forms.add(new AttentionForm(takes, returns));
      }
    }
    return List.copyOf(forms);
  }
}
