package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Profile;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** Attention over realistic batches, on the grids of vLLM's tests of its MLA backends. */
final class AttentionCases {
  /** Multiplications of a score that the quick profile spends on one case. */
  private static final long QUICK_COST = 120_000_000;

  private static final int LONGEST_DECODE = 8;

  private final ConformanceSettings settings;
  private final List<Case> cases = new ArrayList<>();

  private AttentionCases(ConformanceSettings settings) {
    this.settings = settings;
  }

  static List<Case> cases(ConformanceSettings settings) {
    AttentionCases made = new AttentionCases(settings);
    made.batches();
    made.chunkedContext();
    made.merges();
    made.boundaries();
    return made.cases;
  }

  /** Sequence lengths and query lengths, as the tests there list them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Spec(String name, int[] lengths, int[] queries) {
    long cost(Dims dims) {
      long scores = 0;
      for (int i = 0; i < lengths.length; i++) {
        scores += (long) lengths[i] * queries[i];
      }
      return scores * dims.heads() * (2L * dims.latent() + dims.rope());
    }

    /** Short queries are decoded, the others are prompts that go on. */
    Batch batch(int blockSize, boolean asPrefill) {
      List<int[]> decode = new ArrayList<>();
      List<int[]> prefill = new ArrayList<>();
      for (int i = 0; i < lengths.length; i++) {
        int[] seq = {lengths[i] - queries[i], queries[i]};
        (queries[i] > 1 && (asPrefill || queries[i] > LONGEST_DECODE) ? prefill : decode).add(seq);
      }
      return Batch.of(name, blockSize, decode.toArray(int[][]::new), prefill.toArray(int[][]::new));
    }
  }

  private static int[] repeat(int times, int... numbers) {
    int[] all = new int[times * numbers.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = numbers[i % numbers.length];
    }
    return all;
  }

  private static final List<Spec> SPECS =
      List.of(
          new Spec("small_decode", new int[] {32, 40}, repeat(2, 1)),
          new Spec("small_prefill", new int[] {32, 40}, repeat(2, 8)),
          new Spec("mixed_small", new int[] {32, 40, 48, 56}, new int[] {1, 1, 5, 5}),
          new Spec("medium_decode", repeat(2, 128, 256, 512, 1024), repeat(8, 1)),
          new Spec("medium_prefill", new int[] {256, 512, 1024, 2048}, repeat(4, 16)),
          new Spec("mixed_medium", repeat(2, 512, 1024, 2048), new int[] {1, 1, 1, 7, 7, 7}),
          new Spec("large_decode", repeat(32, 2048), repeat(32, 1)),
          new Spec("large_prefill", repeat(8, 4096), repeat(8, 32)),
          new Spec("single_decode", new int[] {1024}, new int[] {1}),
          new Spec("single_prefill", new int[] {1024}, new int[] {64}),
          new Spec("spec_decode_small", new int[] {128, 256, 512, 1024}, repeat(4, 4)),
          new Spec("spec_decode_medium", repeat(2, 512, 1024, 2048), repeat(6, 8)));

  /** One combination of {@code test_mla_backends}. */
  private record Combination(Spec spec, Dims dims, int blockSize, boolean asPrefill) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s%s blocks of %d, %s",
          spec.name,
          asPrefill ? " as prefill," : ",",
          blockSize,
          dims);
    }
  }

  private void batches() {
    List<Combination> grid = new ArrayList<>();
    for (Spec spec : SPECS) {
      for (int heads : new int[] {128, 32, 16, 8}) {
        for (Dims widths : List.of(Dims.REAL, Dims.REAL.widths(192, 64, 256, 512))) {
          for (Dims dims :
              List.of(
                  widths,
                  widths.cache(DType.F8_E4M3, 1),
                  widths.cache(DType.F8_E4M3, 3),
                  widths.cache(DType.BF16, 1))) {
            Dims local = dims.heads(heads);
            boolean cheap = spec.cost(local) <= QUICK_COST;
            if (cheap || settings.profile() == Profile.FULL) {
              grid.add(new Combination(spec, local, heads == 8 ? 64 : 16, heads % 32 == 0));
            }
          }
        }
      }
    }
    for (Combination one : Draw.some(grid, 14, settings)) {
      cases.add(
          new Case(
              Rules.BATCHES,
              one.toString(),
              Layers.ATTENTION,
              subject -> layer(subject, one.spec.batch(one.blockSize, one.asPrefill), one.dims)));
    }
  }

  private static void layer(Subject subject, Batch batch, Dims dims) {
    try (Session session = Session.open(subject, batch.limits())) {
      requireAny(session);
      Layers.check(
          session,
          Layers.example(session, dims, LayerExample.Variant.PLAIN),
          batch,
          Layers.ATTENTION);
    }
  }

  /** Before large weights are made. */
  private static void requireAny(Session session) {
    if (java.util.Collections.disjoint(session.backend().ops(), Layers.ATTENTION)) {
      throw new Skipped("does not offer any op of attention");
    }
  }

  private void chunkedContext() {
    Spec spec =
        new Spec(
            "chunked_context_prefill",
            new int[] {1568, 520, 8, 80, 96, 8},
            new int[] {32, 8, 8, 16, 16, 8});
    Set<String> ops = Set.of(GatherCache.TYPE, MlaContextAttention.TYPE, MergeAttentionStates.TYPE);
    for (Dims dims :
        List.of(
            Dims.REAL.heads(8),
            Dims.REAL.heads(8).cache(DType.F8_E4M3, 1),
            Dims.REAL.heads(8).cache(DType.F8_E4M3, 0.5f))) {
      Batch batch = spec.batch(16, true).contextTokens(1024);
      cases.add(
          new Case(
              Rules.CHUNKED_CONTEXT,
              "1024 rows a pass, " + dims,
              ops,
              subject -> {
                try (Session session = Session.open(subject, batch.limits())) {
                  requireAny(session);
                  Layers.check(
                      session,
                      Layers.example(session, dims, LayerExample.Variant.PLAIN),
                      batch,
                      ops);
                }
              }));
    }
  }

  private void boundaries() {
    int[][] around = {
      {14, 2}, {15, 2}, {16, 2}, {17, 2}, {31, 1}, {32, 3}, {33, 1}, {47, 2}, {48, 2}, {0, 3}
    };
    for (int rows : new int[] {20, 143, 144, 145, 300}) {
      Batch batch =
          Batch.of("edges, " + rows + " rows a pass", 16, new int[][] {}, around)
              .contextTokens(rows);
      cases.add(
          new Case(
              Rules.BOUNDARIES,
              batch.name(),
              Layers.ATTENTION,
              subject -> layer(subject, batch, Dims.SMALL)));
    }
    Batch decode = Batch.of("edges, decoded", 16, around, new int[][] {});
    cases.add(
        new Case(
            Rules.BOUNDARIES,
            decode.name(),
            Layers.ATTENTION,
            subject -> layer(subject, decode, Dims.SMALL)));
  }

  /** One combination of {@code test_merge_attn_states}. */
  private record Merge(int tokens, int heads, int width, boolean someWithout) {
    @Override
    public String toString() {
      return tokens
          + " tokens, "
          + heads
          + " heads of "
          + width
          + (someWithout ? ", 128 tokens with context" : "");
    }
  }

  private void merges() {
    List<Merge> grid = new ArrayList<>();
    for (int tokens : new int[] {256, 512, 613, 1024, 1536, 4096}) {
      for (int heads : new int[] {4, 8, 16, 32, 48, 64}) {
        for (int width : new int[] {32, 48, 64, 96, 128, 256}) {
          for (boolean someWithout : new boolean[] {false, true}) {
            long elements = (long) tokens * heads * width;
            if (elements <= 1_000_000 || settings.profile() == Profile.FULL) {
              grid.add(new Merge(tokens, heads, width, someWithout));
            }
          }
        }
      }
    }
    for (Merge one : Draw.some(grid, 8, settings)) {
      Batch batch = Batch.of(one.toString(), 64, new int[][] {}, new int[][] {{0, one.tokens}});
      cases.add(
          Case.of(
              Rules.MERGE,
              one.toString(),
              MergeAttentionStates.TYPE,
              subject -> Trial.check(subject, batch, session -> merge(session, one))));
    }
  }

  private static Specimen merge(Session session, Merge one) {
    Dims dims = Dims.SMALL.heads(one.heads).widths(16, 16, one.width, 32);
    Specimen specimen = new Specimens(session, dims).offered(MergeAttentionStates.TYPE);
    MergeAttentionStates op = (MergeAttentionStates) specimen.op();
    return specimen.then(bench -> {
      infinities(bench, op.prefixLse(), one.someWithout ? 128 : Integer.MAX_VALUE);
      infinities(bench, op.lse(), Integer.MAX_VALUE);
    });
  }

  /** A tenth of them as kernels write them that found no keys, and all from some row on. */
  private static void infinities(Bench bench, StepValue lse, int from) {
    double[][] rows = bench.read(lse);
    for (int row = 0; row < bench.step().count(Rows.PREFILL); row++) {
      var random = Numbers.random(lse.name().hashCode(), row);
      for (int head = 0; head < rows[row].length; head++) {
        if (random.nextInt(10) == 0 || row >= from) {
          rows[row][head] =
              random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
      }
      bench.fill(lse, row, rows[row]);
    }
  }
}
