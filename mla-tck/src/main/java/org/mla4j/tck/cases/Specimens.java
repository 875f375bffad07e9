package org.mla4j.tck.cases;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.CONTEXT;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.step.Rows.PREFILL;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.step.Phase;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Trial;

/**
 * Every op of the vocabulary with values that lie as in the default plan: views of larger buffers
 * where it has some.
 */
final class Specimens {
  private static final double EPS = 1e-6;

  private final Session session;
  private final Dims dims;
  private final @Nullable CacheLayout layout;

  Specimens(Session session, Dims dims) {
    this(session, dims, null);
  }

  /** Specimens whose caches lie in a given layout, rather than in the first that fits. */
  Specimens(Session session, Dims dims, @Nullable CacheLayout layout) {
    this.session = session;
    this.dims = dims;
    this.layout = layout;
  }

  /**
   * The first specimen of an op that the backend takes; skips with its reasons if it takes none.
   */
  static Specimen accepted(Session session, String type) {
    if (!session.backend().ops().contains(type)) {
      throw new Skipped("does not offer the op '" + type + "'");
    }
    List<String> reasons = new ArrayList<>();
    for (Dims dims : List.of(Dims.SMALL, Dims.REAL, Dims.REAL.heads(128))) {
      try {
        Specimen specimen = new Specimens(session, dims).of(type);
        Optional<String> declined = session.declined(specimen.op());
        if (declined.isEmpty()) {
          return specimen;
        }
        reasons.add(declined.get());
      } catch (Skipped e) {
        reasons.add(e.reason());
      }
    }
    throw new Skipped(reasons.getFirst());
  }

  /** A specimen of an op with these widths; skips if the backend has no such op at all. */
  Specimen offered(String type) {
    if (!session.backend().ops().contains(type)) {
      throw new Skipped("does not offer the op '" + type + "'");
    }
    return of(type);
  }

  /** Tells whether an op has rows to work on in a batch: without them it is not launched. */
  static boolean hasRows(String type, Batch batch) {
    boolean decode = batch.sequences().stream().anyMatch(seq -> seq.phase() == Phase.DECODE);
    boolean prefill = batch.sequences().stream().anyMatch(seq -> seq.phase() == Phase.PREFILL);
    return switch (type) {
      case AbsorbQuery.TYPE, MlaDecodeAttention.TYPE, ProjectValue.TYPE -> decode;
      case MlaPrefillAttention.TYPE,
          GatherCache.TYPE,
          MlaContextAttention.TYPE,
          MergeAttentionStates.TYPE ->
          prefill;
      default -> true;
    };
  }

  /** A specimen of an op with these widths. */
  Specimen of(String type) {
    return switch (type) {
      case AbsorbQuery.TYPE -> absorb();
      case Add.TYPE -> Specimen.of(add(), Specimen.F32);
      case CompositeOp.MLA_ATTENTION -> attention();
      case ConcatAndCacheMla.TYPE -> Specimen.of(concat(kvC()), 0);
      case CopyBlocks.TYPE -> copyBlocks();
      case CopyTo.TYPE ->
          Specimen.of(
              new CopyTo(kvC(), StepValue.buffer("copy", DType.F32, ALL, dims.latent())), 0);
      case Embedding.TYPE -> embedding();
      case FusedAddRmsNorm.TYPE -> Specimen.of(addNorm(), Specimen.F32);
      case GatherCache.TYPE -> gather();
      case GqaAttention.TYPE -> gqa(dims.heads(), 1);
      case Linear.TYPE -> Specimen.of(linear(), Specimen.F32);
      case MergeAttentionStates.TYPE -> merge();
      case MlaContextAttention.TYPE -> context();
      case MlaDecodeAttention.TYPE -> decode();
      case MlaPrefillAttention.TYPE -> prefill();
      case MlaPreprocess.TYPE -> preprocess();
      case MoeGate.TYPE -> gate(moe(), true);
      case ProjectValue.TYPE -> project();
      case QkvAProj.TYPE -> qkv();
      case RmsNorm.TYPE -> Specimen.of(norm(), Specimen.F32);
      case RmsNormRopeConcatAndCacheMla.TYPE -> normRopeConcat(dims.rope() == 0 ? null : rope());
      case RopeConcatAndCacheMla.TYPE ->
          Specimen.of(new RopeConcatAndCacheMla(rope(), concat(kvC())), Specimen.F32);
      case RotaryEmbedding.TYPE -> Specimen.of(rope(), Specimen.F32);
      case RoutedExperts.TYPE -> experts();
      case Sample.TYPE -> sample();
      case SelectRows.TYPE ->
          Specimen.of(
              new SelectRows(
                  StepValue.buffer("x", DType.F32, ALL, dims.hidden()),
                  StepValue.buffer("out", DType.F32, LOGITS, dims.hidden())),
              0);
      case SiluAndMul.TYPE -> silu();
      default -> throw new IllegalArgumentException("No specimen of op '" + type + "'.");
    };
  }

  private int positions() {
    return session.engine().limits().maxSequenceLength();
  }

  private WeightHandle kvB() {
    return Weights.matrix(
        "kv_b", dims.weight(), dims.heads() * (dims.nope() + dims.value()), dims.latent());
  }

  private StepValue q() {
    return StepValue.buffer("q", DType.F32, ALL, dims.heads(), dims.nope() + dims.rope());
  }

  private StepValue qNope() {
    return q().narrow("q_nope", -1, 0, dims.nope());
  }

  private @Nullable StepValue qPe() {
    return dims.rope() == 0 ? null : q().narrow("q_pe", -1, dims.nope(), dims.rope());
  }

  private StepValue kvA() {
    return StepValue.buffer("kv_a", DType.F32, ALL, dims.latent() + dims.rope());
  }

  StepValue kvC() {
    return kvA().narrow("kv_c", -1, 0, dims.latent());
  }

  @Nullable StepValue kPe() {
    return dims.rope() == 0 ? null : kvA().narrow("k_pe", -1, dims.latent(), dims.rope());
  }

  private StepValue hidden(String name) {
    return StepValue.buffer(name, DType.F32, ALL, dims.hidden());
  }

  CacheValue cache() {
    return cache(dims.cacheSpec());
  }

  private CacheValue cache(CacheSpec spec) {
    if (layout == null) {
      return session.cache("cache", spec);
    }
    String problem = layout.problem(spec, session.engine().limits().blockSize());
    if (!problem.isEmpty()) {
      throw new Skipped(problem);
    }
    return new CacheValue("cache", "layer", spec, layout);
  }

  private Specimen absorb() {
    return Specimen.of(
        new AbsorbQuery(
            qNope().only(DECODE),
            kvB(),
            StepValue.buffer("q_latent", DType.F32, DECODE, dims.heads(), dims.latent())),
        Specimen.F32);
  }

  private Add add() {
    return new Add(hidden("x"), hidden("y"));
  }

  ConcatAndCacheMla concat(StepValue latent) {
    return new ConcatAndCacheMla(latent, kPe(), cache());
  }

  private Specimen copyBlocks() {
    CacheValue cache = cache();
    return Specimen.of(new CopyBlocks(cache), 0)
        .in(batch ->
            batch.with(
                "blocks copied",
                step -> {
                  int last = step.limits().blocks() - 1;
                  step.copyBlock(1, last);
                  step.copyBlock(2, 1);
                  step.copyBlock(last, last - 1);
                }))
        .then(bench -> {
          for (int tensor = 0; tensor < cache.layout().tensors(cache.spec()); tensor++) {
            var bytes = bench.live(cache).tensor(tensor);
            var random = Numbers.random(3, tensor);
            for (long i = 0; i < bytes.byteSize(); i++) {
              bytes.set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
            }
          }
        });
  }

  private Specimen embedding() {
    return Specimen.of(
        new Embedding(
            Weights.matrix("embed", dims.weight(), Batch.VOCABULARY, dims.hidden()), hidden("out")),
        0);
  }

  private FusedAddRmsNorm addNorm() {
    return new FusedAddRmsNorm(
        add(),
        new RmsNorm(
            hidden("x"),
            Weights.norm("norm", dims.weight(), dims.hidden()),
            EPS,
            1,
            hidden("normed")));
  }

  private Specimen gather() {
    return Specimen.of(
            new GatherCache(
                cache(), StepValue.buffer("rows", DType.F32, CONTEXT, dims.latent() + dims.rope())),
            0)
        .in(Specimens::firstPass);
  }

  /** Opens the first context pass, if the step has one. */
  static Batch firstPass(Batch batch) {
    return batch.with(
        "first pass",
        step -> {
          if (step.contextPasses() > 0) {
            step.openContextPass(0);
          }
        });
  }

  /** Grouped-query attention of heads that are a multiple of the groups. */
  Specimen gqa(int heads, int groups) {
    int width = dims.nope();
    int value = dims.value();
    CacheSpec spec =
        new CacheSpec(
            List.of(
                new CacheSpec.Part("key", groups * width),
                new CacheSpec.Part("value", groups * value)),
            dims.cache(),
            dims.cacheScale());
    return Specimen.of(
        new GqaAttention(
            StepValue.buffer("q", DType.F32, ALL, heads, width),
            StepValue.buffer("k", DType.F32, ALL, groups, width),
            StepValue.buffer("v", DType.F32, ALL, groups, value),
            cache(spec),
            1 / Math.sqrt(width),
            StepValue.buffer("out", DType.F32, ALL, heads, value)),
        dims.cache() == DType.F32 ? Specimen.F32 : storedTolerance(dims.cache()));
  }

  /** What the rounding of one cell to the other code may do to a result. */
  static double storedTolerance(DType cache) {
    return switch (cache) {
      case F32 -> Specimen.F32;
      case BF16, F16 -> 2e-3;
      default -> 2e-2;
    };
  }

  private Linear linear() {
    return new Linear(
        kvC(),
        Weights.matrix("weight", dims.weight(), dims.hidden(), dims.latent()),
        Weights.bias("bias", dims.hidden()),
        hidden("out"));
  }

  private Specimen merge() {
    int heads = dims.heads();
    return Specimen.of(
        new MergeAttentionStates(
            StepValue.buffer("prefix", DType.F32, PREFILL, heads, dims.value()),
            StepValue.buffer("prefix_lse", DType.F32, PREFILL, heads),
            StepValue.buffer("attn_out", DType.F32, ALL, heads, dims.value()).only(PREFILL),
            StepValue.buffer("lse", DType.F32, PREFILL, heads)),
        Specimen.F32);
  }

  private @Nullable StepValue qPe(org.mla4j.api.step.Rows rows) {
    StepValue qPe = qPe();
    return qPe == null ? null : qPe.only(rows);
  }

  /** Attention to one context pass, whose keys and values are random. */
  Specimen context() {
    StepValue kv =
        StepValue.buffer(
            "context_kv", DType.F32, CONTEXT, dims.heads(), dims.nope() + dims.value());
    StepValue rows = StepValue.buffer("context", DType.F32, CONTEXT, dims.latent() + dims.rope());
    return Specimen.of(
            new MlaContextAttention(
                qNope().only(PREFILL),
                qPe(PREFILL),
                kv.narrow("context_k_nope", -1, 0, dims.nope()),
                dims.rope() == 0
                    ? null
                    : rows.narrow("context_k_pe", -1, dims.latent(), dims.rope()),
                kv.narrow("context_v", -1, dims.nope(), dims.value()),
                dims.scale(),
                StepValue.buffer("context_out", DType.F32, PREFILL, dims.heads(), dims.value()),
                StepValue.buffer("context_lse", DType.F32, PREFILL, dims.heads())),
            Specimen.F32)
        .in(Specimens::firstPass);
  }

  Specimen decode() {
    return decode(dims.scale(), true);
  }

  /** Attention over the cache with another scale, or without a log-sum-exp. */
  Specimen decode(double scale, boolean lse) {
    int heads = dims.heads();
    return Specimen.of(
        new MlaDecodeAttention(
            StepValue.buffer("q_latent", DType.F32, DECODE, heads, dims.latent()),
            qPe(DECODE),
            cache(),
            scale,
            StepValue.buffer("o_latent", DType.F32, DECODE, heads, dims.latent()),
            lse ? StepValue.buffer("lse", DType.F32, DECODE, heads) : null),
        Specimen.F32);
  }

  Specimen prefill() {
    return prefill(dims.scale(), true);
  }

  /** Attention among new tokens with another scale, or without a log-sum-exp. */
  Specimen prefill(double scale, boolean lse) {
    StepValue kv =
        StepValue.buffer("kv", DType.F32, PREFILL, dims.heads(), dims.nope() + dims.value());
    StepValue kPe = kPe();
    return Specimen.of(
        new MlaPrefillAttention(
            qNope().only(PREFILL),
            qPe(PREFILL),
            kv.narrow("k_nope", -1, 0, dims.nope()),
            kPe == null ? null : kPe.only(PREFILL),
            kv.narrow("v", -1, dims.nope(), dims.value()),
            scale,
            StepValue.buffer("attn_out", DType.F32, ALL, dims.heads(), dims.value()).only(PREFILL),
            lse ? StepValue.buffer("lse", DType.F32, PREFILL, dims.heads()) : null),
        Specimen.F32);
  }

  private Specimen preprocess() {
    return preprocess(LayerExample.Variant.PLAIN);
  }

  /** Hidden states to cache and absorbed queries. */
  Specimen preprocess(LayerExample.Variant variant) {
    LayerExample layer = new LayerExample("", dims, variant, positions());
    var weights = layer.weights();
    StepValue x = hidden("hidden");
    StepValue q = q();
    Linear qA = null;
    RmsNorm qNorm = null;
    StepValue queryOf = x;
    if (weights.qAProj() != null) {
      StepValue latent = StepValue.buffer("q_c", DType.F32, ALL, dims.queryLatent());
      qA = new Linear(x, weights.qAProj().weight(), weights.qAProj().bias(), latent);
      queryOf = latent;
      if (weights.qANorm() != null) {
        StepValue normed = StepValue.buffer("q_c_normed", DType.F32, ALL, dims.queryLatent());
        qNorm = new RmsNorm(latent, weights.qANorm(), EPS, layer.spec().qLatentScale(), normed);
        queryOf = normed;
      }
    }
    var projection = weights.qAProj() == null ? weights.qProj() : weights.qBProj();
    Linear toQueries =
        new Linear(
            queryOf, java.util.Objects.requireNonNull(projection).weight(), projection.bias(), q);
    Linear toLatent = new Linear(x, weights.kvAProj().weight(), weights.kvAProj().bias(), kvA());
    RmsNorm kvNorm = null;
    StepValue latent = kvC();
    if (weights.kvANorm() != null) {
      StepValue normed = StepValue.buffer("kv_c_normed", DType.F32, ALL, dims.latent());
      kvNorm = new RmsNorm(latent, weights.kvANorm(), EPS, layer.spec().kvLatentScale(), normed);
      latent = normed;
    }
    RotaryEmbedding turn = layer.spec().rope() == null ? null : rope();
    return Specimen.of(
            new MlaPreprocess(
                qA,
                qNorm,
                toQueries,
                toLatent,
                kvNorm,
                turn,
                concat(latent),
                new AbsorbQuery(
                    qNope().only(DECODE),
                    weights.kvBProj().weight(),
                    StepValue.buffer("q_latent", DType.F32, DECODE, dims.heads(), dims.latent()))),
            Specimen.F32)
        .named("mla_preprocess " + layer);
  }

  MoeSpec moe() {
    return new MoeSpec(
        dims.hidden(),
        8,
        3,
        dims.inner(),
        Scoring.SIGMOID,
        4,
        2,
        GroupScore.TOP2_SUM,
        true,
        2.5,
        0);
  }

  Specimen gate(MoeSpec spec, boolean biased) {
    return Specimen.of(
        new MoeGate(
            spec,
            StepValue.buffer("logits", DType.F32, ALL, spec.experts()),
            biased ? Weights.bias("correction", spec.experts()) : null,
            StepValue.buffer("ids", DType.I32, ALL, spec.topK()),
            StepValue.buffer("shares", DType.F32, ALL, spec.topK())),
        Specimen.F32);
  }

  private Specimen project() {
    return Specimen.of(
        new ProjectValue(
            StepValue.buffer("o_latent", DType.F32, DECODE, dims.heads(), dims.latent()),
            kvB(),
            StepValue.buffer("attn_out", DType.F32, ALL, dims.heads(), dims.value()).only(DECODE)),
        Specimen.F32);
  }

  private Specimen qkv() {
    int lora = Math.max(8, dims.queryLatent());
    StepValue x = hidden("hidden");
    return Specimen.of(
        new QkvAProj(
            new Linear(
                x,
                Weights.matrix("q_a", dims.weight(), lora, dims.hidden()),
                Weights.bias("q_a.bias", lora),
                StepValue.buffer("q_c", DType.F32, ALL, lora)),
            new Linear(
                x,
                Weights.matrix("kv_a", dims.weight(), dims.latent() + dims.rope(), dims.hidden()),
                null,
                kvA())),
        Specimen.F32);
  }

  private RmsNorm norm() {
    return new RmsNorm(
        kvC(),
        Weights.norm("norm", dims.weight(), dims.latent()),
        EPS,
        1,
        StepValue.buffer("kv_c_normed", DType.F32, ALL, dims.latent()));
  }

  /** The fused op with a rope or without. */
  Specimen normRopeConcat(@Nullable RotaryEmbedding rope) {
    RmsNorm norm = norm();
    return Specimen.of(
        new RmsNormRopeConcatAndCacheMla(norm, rope, concat(norm.out())), Specimen.F32);
  }

  RotaryEmbedding rope() {
    return rope(dims.rope() == 0 ? null : dims.ropeTable(positions()));
  }

  /** A rotation by a table; skips without a rotary part. */
  RotaryEmbedding rope(@Nullable WeightHandle table) {
    StepValue q = qPe();
    StepValue k = kPe();
    if (q == null || k == null || table == null) {
      throw new Skipped("nothing to rotate with R = 0");
    }
    return new RotaryEmbedding(q, k, table, dims.style());
  }

  private Specimen experts() {
    MoeSpec spec = moe();
    List<Expert> experts =
        IntStream.range(0, spec.experts())
            .mapToObj(i ->
                new Expert(
                    Weights.matrix("gate" + i, dims.weight(), dims.inner(), dims.hidden()),
                    Weights.matrix("up" + i, dims.weight(), dims.inner(), dims.hidden()),
                    Weights.matrix("down" + i, dims.weight(), dims.hidden(), dims.inner())))
            .toList();
    StepValue ids = StepValue.buffer("ids", DType.I32, ALL, spec.topK());
    return Specimen.of(
            new RoutedExperts(
                spec,
                hidden("x"),
                ids,
                StepValue.buffer("shares", DType.F32, ALL, spec.topK()),
                experts,
                hidden("out")),
            Specimen.F32)
        .then(bench -> choose(bench, ids, spec));
  }

  private static void choose(Bench bench, StepValue ids, MoeSpec spec) {
    for (int row = 0; row < bench.step().count(ALL); row++) {
      long[] whose = bench.whose(ids, row);
      int[] order = Numbers.permutation(0, spec.experts(), 5, whose[0], whose[1]);
      bench.fill(
          ids, row, IntStream.of(order).limit(spec.topK()).sorted().asDoubleStream().toArray());
    }
  }

  private Specimen sample() {
    return Specimen.of(
        new Sample(
            StepValue.buffer("logits", DType.F32, LOGITS, 100),
            StepValue.buffer("ids", DType.I32, LOGITS, 1)),
        0);
  }

  private Specimen silu() {
    return Specimen.of(
        new SiluAndMul(
            StepValue.buffer("gate_up", DType.F32, ALL, 2L * dims.hidden()), hidden("out")),
        Specimen.F32);
  }

  private Specimen attention() {
    List<AttentionForm> forms = session.backend().attentionForms();
    if (forms.isEmpty()) {
      throw new Skipped("does not offer attention of any form");
    }
    return attention(
        forms.getFirst(), new LayerExample("", dims, LayerExample.Variant.PLAIN, positions()));
  }

  /** The attention of a layer in one form. */
  Specimen attention(AttentionForm form, LayerExample layer) {
    InputStage takes = form.takes();
    boolean separate = takes != InputStage.HIDDEN && takes != InputStage.ABSORBED;
    StepValue query =
        switch (takes) {
          case HIDDEN -> hidden("hidden");
          case LATENTS ->
              dims.queryLatent() > 0
                  ? StepValue.buffer("q_c", DType.F32, ALL, dims.queryLatent())
                  : q();
          case NORMED, ROPED -> q();
          case ABSORBED ->
              StepValue.buffer("q_latent", DType.F32, ALL, dims.heads(), dims.latent());
        };
    StepValue out =
        switch (form.returns()) {
          case LATENT -> StepValue.buffer("out", DType.F32, ALL, dims.heads(), dims.latent());
          case HEADS -> StepValue.buffer("out", DType.F32, ALL, dims.heads(), dims.value());
          case HIDDEN -> hidden("out");
        };
    boolean turned = takes == InputStage.ABSORBED && dims.rope() > 0;
    CacheValue cache = cache();
    MlaAttention op =
        new MlaAttention(
            "layer",
            layer.spec(),
            layer.weights(),
            layer.ropeTable(),
            form,
            query,
            turned ? qPe() : null,
            separate ? kvC() : null,
            separate ? kPe() : null,
            cache,
            out);
    Specimen plain =
        Specimen.of(op, dims.cache() == DType.F32 ? 2e-5 : storedTolerance(dims.cache()));
    return takes == InputStage.ROPED ? plain.then(bench -> write(bench, op)) : plain;
  }

  /** The cache is written already when rotated parts are taken. */
  private static void write(Bench bench, MlaAttention op) {
    var memory = bench.model();
    var concat =
        new ConcatAndCacheMla(java.util.Objects.requireNonNull(op.kvC()), op.kPe(), op.cache());
    org.mla4j.tck.reference.References.run(concat, memory);
    bench.store(concat, memory);
  }

  /** Creates the kernel of a specimen; for those who need more than one check. */
  static Trial trial(Session session, String type) {
    return new Trial(session, accepted(session, type));
  }
}
