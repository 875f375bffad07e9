package org.mla4j.tck.cases;

import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.CONTEXT;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.LOGITS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;

/** What a backend says of ops that it is offered. */
final class SupportCases {
  private final List<Case> cases = new ArrayList<>();

  private SupportCases() {}

  static List<Case> cases() {
    SupportCases made = new SupportCases();
    for (String type : Op.VOCABULARY) {
      made.add(Rules.SUPPORTS_NEVER_THROWS, type, SupportCases::answers);
      made.add(Rules.REASONS, type, SupportCases::reasons);
      made.add(Rules.ACCEPTED_IS_CREATED, type, SupportCases::created);
      made.add(Rules.SAME_ANSWER, type, SupportCases::sameAnswer);
      made.add(Rules.DESCRIBED, type, SupportCases::described);
    }
    return made.cases;
  }

  /** Asks about one op. */
  @FunctionalInterface
  private interface Question {
    void ask(Session session, Op op);
  }

  private void add(Rule rule, String type, Question question) {
    cases.add(new Case(rule, type, Set.of(type), subject -> ask(subject, type, question)));
  }

  private static void ask(Subject subject, String type, Question question) {
    try (Session session = Session.open(subject, Batch.mixed().limits())) {
      if (!session.backend().ops().contains(type)) {
        throw new Skipped("does not offer the op '" + type + "'");
      }
      for (Op op : odd(session, type)) {
        // Ops with features it does not know are never offered.
        if (session.backend().features().containsAll(op.features())) {
          question.ask(session, op);
        }
      }
    }
  }

  private static void answers(Session session, Op op) {
    Support answer;
    try {
      answer = session.backend().supports(op);
    } catch (RuntimeException | Error e) {
      throw new Failure("asked about " + op + " it threw " + e + "; expected an answer", e);
    }
    Failure.unless(answer != null, () -> "asked about " + op + " it returned null");
  }

  private static void reasons(Session session, Op op) {
    if (session.backend().supports(op) instanceof Support.No(List<String> reasons)) {
      for (String reason : reasons) {
        Failure.unless(!reason.isBlank(), () -> op + " was declined with a blank reason");
      }
    }
  }

  private static void sameAnswer(Session session, Op op) {
    Support first = session.backend().supports(op);
    Support second = session.backend().supports(op);
    Failure.unless(
        first.equals(second), () -> "asked about " + op + ": " + first + ", then " + second);
  }

  private static void created(Session session, Op op) {
    withKernel(session, op, kernel -> {});
  }

  private static void described(Session session, Op op) {
    withKernel(
        session,
        op,
        kernel ->
            Failure.unless(
                kernel.describe() != null && !kernel.describe().isBlank(),
                () ->
                    "the kernel of "
                        + op.type()
                        + " describes itself as '"
                        + kernel.describe()
                        + "'; expected words"));
  }

  private static void withKernel(Session session, Op op, java.util.function.Consumer<Kernel> then) {
    if (session.declined(op).isPresent()) {
      return;
    }
    try (Bench bench = new Bench(session.engine().limits())) {
      Kernel kernel;
      try {
        kernel = session.create(op, bench);
      } catch (RuntimeException | LinkageError e) {
        throw new Failure(op + " was accepted, and create threw " + e, e);
      }
      then.accept(kernel);
    }
  }

  /** The usual ops in odd widths and types, and some that nobody can mean. */
  private static List<Op> odd(Session session, String type) {
    List<Op> ops = new ArrayList<>();
    for (Dims dims :
        List.of(
            Dims.SMALL,
            Dims.REAL,
            Dims.SMALL.heads(1).widths(1, 2, 1, 1),
            Dims.SMALL.heads(7).widths(3, 6, 5, 33).style(RopeStyle.NEOX),
            Dims.SMALL.heads(128).widths(9, 0, 11, 96),
            Dims.SMALL.weight(DType.BF16).cache(DType.F16, 1),
            Dims.SMALL.weight(DType.F16).cache(DType.F8_E4M3, 0.3f),
            Dims.SMALL.cache(DType.BF16, 1))) {
      for (CacheLayout layout : layouts()) {
        try {
          ops.add(new Specimens(session, dims, layout).of(type).op());
        } catch (Skipped e) {
          // Nothing to ask about.
        }
      }
    }
    Arrays.stream(DType.values())
        .filter(dtype -> !dtype.isBlockType())
        .flatMap(dtype -> strange(dtype).stream())
        .filter(op -> op.type().equals(type))
        .forEach(ops::add);
    return ops;
  }

  private static List<CacheLayout> layouts() {
    return List.of(
        CacheLayout.ROW_MAJOR,
        new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0),
        new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 0),
        new CacheLayout(Arrangement.ROWS, RopeOrder.AS_ROTATED, 8));
  }

  private static SampleWeight weight(long... extents) {
    long count = 1;
    for (long extent : extents) {
      count *= extent;
    }
    return SampleWeight.of("odd", DType.F32, new double[Math.toIntExact(count)], extents);
  }

  private static StepValue value(String name, DType dtype, Rows rows, long... extents) {
    return StepValue.buffer(name, dtype, rows, extents);
  }

  /** Types, ranks and widths that do not fit together. */
  private static List<Op> strange(DType dtype) {
    StepValue x = value("x", dtype, ALL, 12);
    StepValue y = value("y", DType.F32, ALL, 13);
    StepValue heads = value("heads", dtype, DECODE, 3, 4);
    CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(10, 2, DType.F32));
    CacheValue parts =
        new CacheValue(
            "parts",
            "layer",
            new CacheSpec(
                List.of(
                    new CacheSpec.Part("a", 1),
                    new CacheSpec.Part("b", 2),
                    new CacheSpec.Part("c", 3)),
                DType.BF16,
                1));
    return List.of(
        new Add(x, y),
        new Add(x, value("z", DType.F32, DECODE, 12)),
        new CopyTo(x, y),
        new RmsNorm(x, weight(5), 1e-6, 1, y),
        new RmsNorm(x, weight(3, 4), 1e-6, 1, value("n", dtype, ALL, 12)),
        new Linear(x, weight(12), null, y),
        new Linear(x, weight(13, 12), weight(2), y),
        new Linear(value("w", dtype, ALL, 3, 4), weight(2, 3, 4), null, y),
        new Embedding(weight(4, 5), x),
        new Embedding(weight(12), value("e", dtype, CONTEXT, 12)),
        new SelectRows(x, y),
        new SelectRows(value("s", dtype, LOGITS, 12), value("o", dtype, ALL, 12)),
        new SiluAndMul(x, y),
        new Sample(value("logits", dtype, ALL, 9), value("ids", DType.F32, LOGITS, 2)),
        new AbsorbQuery(heads, weight(7, 5), value("q", DType.F32, ALL, 3, 5)),
        new AbsorbQuery(x, weight(12, 5), value("q", DType.F32, DECODE, 60)),
        new RotaryEmbedding(
            value("q", dtype, ALL, 2, 3), value("k", dtype, ALL, 3), weight(8, 3), RopeStyle.NEOX),
        new ConcatAndCacheMla(x, null, cache),
        new ConcatAndCacheMla(x, y, parts),
        new GatherCache(cache, x),
        new GatherCache(parts, value("g", dtype, CONTEXT, 7)),
        new MlaDecodeAttention(heads, null, parts, 0, heads, null),
        new MlaDecodeAttention(x, y, cache, Double.NaN, y, x));
  }
}
