package org.mla4j.tck.cases;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Rules;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** What lies in caches, on the grids of vLLM's tests of its cache kernels. */
final class CacheCases {
  private static final float SCALE = 0.1f;
  private static final int TOKENS = 42;

  private final ConformanceSettings settings;
  private final List<Case> cases = new ArrayList<>();

  private CacheCases(ConformanceSettings settings) {
    this.settings = settings;
  }

  static List<Case> cases(ConformanceSettings settings) {
    CacheCases made = new CacheCases(settings);
    made.writes();
    made.dsMla();
    made.copies();
    made.gathers();
    made.fused();
    made.layouts();
    made.extremes();
    return made.cases;
  }

  private static List<Dims> formats(Dims dims) {
    return List.of(
        dims,
        dims.cache(DType.BF16, 1),
        dims.cache(DType.F16, 1),
        dims.cache(DType.F8_E4M3, 1),
        dims.cache(DType.F8_E4M3, SCALE));
  }

  /** Tokens that go to random slots of few blocks. */
  private static Batch scattered(int tokens, int blockSize) {
    return Batch.of(
            tokens + " tokens in blocks of " + blockSize,
            blockSize,
            new int[][] {},
            new int[][] {{0, tokens}})
        .with(
            "random slots",
            step -> {
              int slots = (step.limits().blocks() - 1) * blockSize;
              int[] order = Numbers.permutation(blockSize, slots, tokens, blockSize);
              for (int i = 0; i < tokens; i++) {
                step.slots().setAtIndex(ValueLayout.JAVA_LONG, i, order[i]);
              }
            });
  }

  private void writes() {
    for (int latent : new int[] {256, 512}) {
      for (Dims dims : formats(Dims.REAL.widths(128, 64, 128, latent))) {
        cases.add(
            Case.of(
                Rules.CACHE_WRITE,
                "L=" + latent + " " + dims.cache() + "*" + dims.cacheScale(),
                ConcatAndCacheMla.TYPE,
                subject ->
                    Trial.check(
                        subject,
                        scattered(TOKENS, 16),
                        session -> new Specimens(session, dims).offered(ConcatAndCacheMla.TYPE))));
      }
    }
  }

  private static final CacheSpec DS_MLA =
      new CacheSpec(
          CacheSpec.mla(CacheSpec.DS_MLA_LATENT, CacheSpec.DS_MLA_ROPE, DType.F8_E4M3).parts(),
          DType.F8_E4M3,
          1,
          CacheSpec.Format.FP8_DS_MLA);

  private void dsMla() {
    StepValue kv = StepValue.buffer("kv_a", DType.F32, Rows.ALL, 576);
    for (String how : List.of("normal numbers", "tiles of 0 and of wide range")) {
      cases.add(
          Case.of(
              Rules.DS_MLA,
              "written, " + how,
              ConcatAndCacheMla.TYPE,
              subject ->
                  Trial.check(
                      subject,
                      scattered(TOKENS, 16),
                      session -> {
                        Specimen specimen =
                            Specimen.of(
                                new ConcatAndCacheMla(
                                    kv.narrow("kv_c", -1, 0, 512),
                                    kv.narrow("k_pe", -1, 512, 64),
                                    session.cache("cache", DS_MLA)),
                                0);
                        return how.startsWith("normal")
                            ? specimen
                            : specimen.then(bench -> wide(bench, kv));
                      })));
    }
    cases.add(
        Case.of(
            Rules.DS_MLA,
            "gathered",
            GatherCache.TYPE,
            subject -> gatherAll(subject, session -> session.cache("cache", DS_MLA))));
    cases.add(
        Case.of(
            Rules.DS_MLA,
            "attended",
            MlaDecodeAttention.TYPE,
            subject ->
                Trial.check(
                    subject,
                    Batch.decodeOnly(),
                    session ->
                        Specimen.of(
                            new MlaDecodeAttention(
                                StepValue.buffer("q", DType.F32, Rows.DECODE, 3, 512),
                                StepValue.buffer("q_pe", DType.F32, Rows.DECODE, 3, 64),
                                session.cache("cache", DS_MLA),
                                0.07,
                                StepValue.buffer("out", DType.F32, Rows.DECODE, 3, 512),
                                null),
                            Specimen.F32))));
  }

  private static void wide(Bench bench, StepValue kv) {
    double[][] rows = bench.read(kv);
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < 512; i++) {
        rows[row][i] *= i / 128 == row % 4 ? 0 : Math.scalb(1.0, (i % 30) - 20 + 4 * (i / 128));
      }
      bench.fill(kv, row, rows[row]);
    }
  }

  private void copies() {
    for (Dims dims : List.of(Dims.SMALL, Dims.REAL.cache(DType.F8_E4M3, SCALE))) {
      cases.add(
          Case.of(
              Rules.BLOCK_COPY,
              "chained, " + dims.cache(),
              CopyBlocks.TYPE,
              subject ->
                  Trial.check(
                      subject,
                      Batch.mixed(),
                      session -> new Specimens(session, dims).offered(CopyBlocks.TYPE))));
    }
    cases.add(
        Case.of(
            Rules.BLOCK_COPY,
            "one block to many",
            CopyBlocks.TYPE,
            subject ->
                Trial.check(
                    subject,
                    Batch.mixed(),
                    session ->
                        new Specimens(session, Dims.SMALL)
                            .offered(CopyBlocks.TYPE)
                            .in(batch ->
                                batch.with(
                                    "fan out",
                                    step -> {
                                      for (int to = 2; to < step.limits().blocks(); to++) {
                                        step.copyBlock(1, to);
                                      }
                                    })))));
  }

  private void gathers() {
    for (Dims dims : formats(Dims.REAL)) {
      cases.add(
          Case.of(
              Rules.GATHER,
              dims.cache() + "*" + dims.cacheScale(),
              GatherCache.TYPE,
              subject -> gatherAll(subject, session -> new Specimens(session, dims).cache())));
    }
  }

  /** Eight sequences with contexts of up to 512 tokens, one of them without, in several passes. */
  private static void gatherAll(
      Subject subject, java.util.function.Function<Session, CacheValue> caches) {
    int[][] prefill = new int[8][];
    for (int i = 0; i < prefill.length; i++) {
      prefill[i] = new int[] {i == 3 ? 0 : Numbers.random(6, i).nextInt(513), 1};
    }
    Batch batch = Batch.of("eight contexts", 16, new int[][] {}, prefill).contextTokens(1024);
    try (Session session = Session.open(subject, batch.limits())) {
      if (!session.backend().ops().contains(GatherCache.TYPE)) {
        throw new Skipped("does not offer the op '" + GatherCache.TYPE + "'");
      }
      CacheValue cache = caches.apply(session);
      StepValue out = StepValue.buffer("rows", DType.F32, Rows.CONTEXT, cache.spec().rowWidth());
      Specimen specimen =
          new Specimen(
              "gather",
              new GatherCache(cache, out),
              bench -> bench.randomCache(cache, true),
              same -> same,
              0);
      try (Trial trial = new Trial(session, specimen)) {
        trial.stage(batch);
        for (int pass = 0; pass < trial.bench().step().contextPasses(); pass++) {
          trial.bench().step().openContextPass(pass);
          trial.check();
        }
      }
    }
  }

  /** One combination of {@code test_rotary_embedding_mla_cache_fused}. */
  private record Fused(
      DType dtype, RopeStyle style, int tokens, int rope, boolean fp8, int blockSize) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s %s T=%d R=%d %s blocks of %d",
          dtype,
          style,
          tokens,
          rope,
          fp8 ? "fp8" : "auto",
          blockSize);
    }
  }

  private void fused() {
    List<Fused> grid = new ArrayList<>();
    for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
      for (RopeStyle style : RopeStyle.values()) {
        for (int tokens : new int[] {11, 42}) {
          for (int rope : new int[] {64, 128}) {
            for (boolean fp8 : new boolean[] {false, true}) {
              for (int blockSize : new int[] {16, 64, 256}) {
                grid.add(new Fused(dtype, style, tokens, rope, fp8, blockSize));
              }
            }
          }
        }
      }
    }
    for (Fused one : Draw.some(grid, 16, settings)) {
      cases.add(
          Case.of(
              Rules.ROPE_AND_CACHE,
              one.toString(),
              RopeConcatAndCacheMla.TYPE,
              subject -> fused(subject, one)));
    }
  }

  private static void fused(Subject subject, Fused one) {
    Dims dims =
        Dims.REAL
            .heads(128)
            .widths(128, one.rope(), 128, 512)
            .style(one.style())
            .cache(one.fp8() ? DType.F8_E4M3 : one.dtype(), one.fp8() ? SCALE : 1);
    Trial.check(
        subject,
        scattered(one.tokens(), one.blockSize()),
        session -> {
          if (!session.backend().ops().contains(RopeConcatAndCacheMla.TYPE)) {
            throw new Skipped("does not offer the op '" + RopeConcatAndCacheMla.TYPE + "'");
          }
          Specimens specimens = new Specimens(session, dims);
          int positions = session.engine().limits().maxSequenceLength();
          return Specimen.of(
              new RopeConcatAndCacheMla(
                  specimens.rope(table(one, positions)), specimens.concat(specimens.kvC())),
              Specimen.F32);
        });
  }

  /** Angles of random size, stored in the type of the combination. */
  private static SampleWeight table(Fused one, int positions) {
    double[] angles = Numbers.normal(positions * one.rope() / 2, 2, one.rope());
    double[] table = new double[positions * one.rope()];
    int pairs = one.rope() / 2;
    for (int i = 0; i < angles.length; i++) {
      int row = i / pairs * one.rope();
      table[row + i % pairs] = Math.cos(angles[i]);
      table[row + pairs + i % pairs] = Math.sin(angles[i]);
    }
    return SampleWeight.of("table", one.dtype(), table, positions, one.rope());
  }

  private void layouts() {
    for (String type :
        List.of(
            ConcatAndCacheMla.TYPE,
            CopyBlocks.TYPE,
            GatherCache.TYPE,
            GqaAttention.TYPE,
            MlaDecodeAttention.TYPE,
            MlaPreprocess.TYPE,
            RmsNormRopeConcatAndCacheMla.TYPE,
            RopeConcatAndCacheMla.TYPE)) {
      for (Dims dims : List.of(Dims.SMALL, Dims.REAL)) {
        for (DType cell : List.of(DType.F32, DType.BF16)) {
          cases.add(
              new Case(
                  Rules.LAYOUTS,
                  type + ", " + dims.cache(cell, 1),
                  Set.of(type),
                  subject -> everyLayout(subject, type, dims.cache(cell, 1))));
        }
      }
    }
  }

  /** Those that it prefers, and those of others that it can work on. */
  private static List<CacheLayout> taken(Session session) {
    List<CacheLayout> layouts = new ArrayList<>(session.backend().cacheLayouts());
    for (CacheLayout.Arrangement arrangement : CacheLayout.Arrangement.values()) {
      for (CacheLayout.RopeOrder order : CacheLayout.RopeOrder.values()) {
        for (int kernelBlockSize : new int[] {0, 8}) {
          CacheLayout layout = new CacheLayout(arrangement, order, kernelBlockSize);
          if (!layouts.contains(layout) && session.backend().takesLayout(layout)) {
            layouts.add(layout);
          }
        }
      }
    }
    return layouts;
  }

  private static void everyLayout(Subject subject, String type, Dims dims) {
    List<CacheLayout> layouts;
    try (Session session = Session.open(subject, Batch.mixed().limits())) {
      layouts = taken(session);
    }
    List<String> declined = new ArrayList<>();
    int done = 0;
    for (CacheLayout layout : layouts) {
      int size = layout.kernelBlockSize();
      Batch batch = size == 0 ? Batch.mixed() : Batch.mixed().blockSize(2 * size);
      try (Session session = Session.open(subject, batch.limits())) {
        String problem = layout.problem(dims.cacheSpec(), batch.blockSize());
        if (!problem.isEmpty()) {
          throw new Skipped(problem);
        }
        Trial.check(session, batch, new Specimens(session, dims, layout).offered(type));
        done++;
      } catch (Skipped e) {
        declined.add(e.reason());
      }
    }
    if (done == 0) {
      throw new Skipped(declined.isEmpty() ? "offers no cache layout" : declined.getFirst());
    }
  }

  /** Numbers at the ends of the type's range, as multiples of the scale. */
  private static final double[] EXTREMES = {
    0,
    -0.0,
    1e-30,
    Math.scalb(1.0, -10),
    Math.scalb(1.0, -9),
    -Math.scalb(1.0, -9),
    Math.scalb(1.5, -9),
    Math.scalb(7.0, -9),
    Math.scalb(1.0, -6),
    1,
    -1,
    17,
    18,
    19,
    440,
    447,
    448,
    456,
    463,
    464,
    465,
    480,
    -465,
    1e6,
    -1e6,
    1e20,
    -1e20
  };

  private void extremes() {
    for (float scale : new float[] {1, 0.5f, 4}) {
      for (String type : List.of(ConcatAndCacheMla.TYPE, GatherCache.TYPE)) {
        Dims dims = Dims.SMALL.cache(DType.F8_E4M3, scale);
        cases.add(
            Case.of(
                Rules.FP8_EXTREMES,
                type + ", scale " + scale,
                type,
                subject ->
                    Trial.check(
                        subject,
                        Batch.mixed(),
                        session -> {
                          Specimen specimen = new Specimens(session, dims).offered(type);
                          return type.equals(GatherCache.TYPE)
                              ? specimen.then(CacheCases::extremeCodes)
                              : specimen.then(bench -> extremeRows(bench, specimen, scale));
                        })));
      }
    }
  }

  private static void extremeRows(Bench bench, Specimen specimen, float scale) {
    ConcatAndCacheMla op = (ConcatAndCacheMla) specimen.op();
    StepValue kPe = Objects.requireNonNull(op.kPe());
    for (StepValue value : List.of(op.kvC(), kPe)) {
      for (int row = 0; row < bench.step().count(value.rows()); row++) {
        double[] numbers = new double[value.rowWidth()];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = (float) (EXTREMES[(i + row) % EXTREMES.length] * scale);
        }
        bench.fill(value, row, numbers);
      }
    }
  }

  /** Every code there is but the two of NaN. */
  private static void extremeCodes(Bench bench) {
    for (var segment : bench.caches().values()) {
      for (long i = Bench.GUARD; i < segment.byteSize() - Bench.GUARD; i++) {
        int code = (int) ((i * 7) % 256);
        segment.set(ValueLayout.JAVA_BYTE, i, (byte) ((code & 0x7F) == 0x7F ? 0x7E : code));
      }
    }
  }
}
