package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * Fused ops leave the same bits as their parts one after another, and nothing else. Extended once
 * for each set of kernels.
 */
@DisplayName("Fused ops equal their parts")
public abstract class FusedContract {
  private static final int HIDDEN = 70;
  private static final int QUERY_RANK = 37;
  private static final int HEADS = 3;
  private static final int NOPE = 10;
  private static final int ROPE = 6;
  private static final int LATENT = 35;
  private static final int TOKENS = 11;

  /** A complete set. */
  protected abstract KernelSet kernels();

  /** Four decode tokens, seven prefill tokens, of which one is padding. */
  private static OpTestBench bench() {
    StepLimits limits = new StepLimits(TOKENS + 2, 5, 64, 16, 12);
    OpTestBench bench = new OpTestBench(limits, TestParallel.threads(2));
    bench.add(Phase.DECODE, 17, 1, 1, 2);
    bench.add(Phase.DECODE, 3, 3, 3);
    bench.add(Phase.PREFILL, 0, 4, 4);
    bench.add(Phase.PREFILL, 16, 3, 5, 6);
    bench.step().skipSlot(6);
    return bench;
  }

  private static StepValue value(String name, long... extents) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, extents);
  }

  private static final StepValue X = value("hidden", HIDDEN);
  private static final StepValue Q_C = value("q_c", QUERY_RANK);
  private static final StepValue Q_C_NORMED = value("q_c_normed", QUERY_RANK);
  private static final StepValue Q = value("q", HEADS, NOPE + ROPE);
  private static final StepValue KV_A = value("kv_a", LATENT + ROPE);
  private static final StepValue KV_C = KV_A.narrow("kv_c", -1, 0, LATENT);
  private static final StepValue K_PE = KV_A.narrow("k_pe", -1, LATENT, ROPE);
  private static final StepValue KV_C_NORMED = value("kv_c_normed", LATENT);
  private static final StepValue Q_LATENT =
      StepValue.buffer("q_latent", DType.F32, Rows.DECODE, HEADS, LATENT);

  private static ArrayWeight weight(String name, int... extents) {
    int elements = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    long[] shape = Arrays.stream(extents).asLongStream().toArray();
    float[] values = new RandomData(name.hashCode()).normal(elements, 0.3);
    return ArrayWeight.of(name, DType.BF16, values, shape);
  }

  private static RmsNorm norm(StepValue x, StepValue out) {
    return new RmsNorm(x, weight("norm of " + x.name(), x.rowWidth()), 1e-6, 1.5, out);
  }

  private static Linear linear(StepValue x, StepValue out) {
    ArrayWeight weight = weight("to " + out.name(), out.rowWidth(), x.rowWidth());
    return new Linear(x, weight, weight("bias of " + out.name(), out.rowWidth()), out);
  }

  private static RotaryEmbedding rope(RopeStyle style) {
    return new RotaryEmbedding(
        Q.narrow("q_pe", -1, NOPE, ROPE), K_PE, weight("table", 32, ROPE), style);
  }

  private static ConcatAndCacheMla concat(StepValue kvC, @Nullable StepValue kPe, DType dtype) {
    return new ConcatAndCacheMla(
        kvC,
        kPe,
        new CacheValue("cache", "layer", CacheSpec.mla(LATENT, kPe == null ? 0 : ROPE, dtype)));
  }

  private static AbsorbQuery absorb(int keyWidth) {
    return new AbsorbQuery(
        Q.narrow("q_nope", -1, 0, keyWidth).only(Rows.DECODE),
        weight("kv_b", HEADS * (keyWidth + 4), LATENT),
        Q_LATENT);
  }

  static Stream<FusedOp> ops() {
    Add add = new Add(X, value("y", HIDDEN));
    return Stream.concat(
        Stream.of(
            new FusedAddRmsNorm(add, norm(X, value("normed", HIDDEN))),
            new QkvAProj(linear(X, Q_C), linear(X, KV_A)),
            new RmsNormRopeConcatAndCacheMla(
                norm(KV_C, KV_C_NORMED), null, concat(KV_C_NORMED, K_PE, DType.F32)),
            new RmsNormRopeConcatAndCacheMla(
                norm(KV_C, KV_C_NORMED),
                rope(RopeStyle.INTERLEAVED),
                new ConcatAndCacheMla(
                    KV_C_NORMED,
                    K_PE,
                    new CacheValue(
                        "cache",
                        "layer",
                        CacheSpec.mla(LATENT, ROPE, DType.F16),
                        new CacheLayout(Arrangement.SPLIT, RopeOrder.DEINTERLEAVED, 4)))),
            new MlaPreprocess(
                linear(X, Q_C),
                norm(Q_C, Q_C_NORMED),
                linear(Q_C_NORMED, Q),
                linear(X, KV_A),
                norm(KV_C, KV_C_NORMED),
                rope(RopeStyle.INTERLEAVED),
                concat(KV_C_NORMED, K_PE, DType.BF16),
                absorb(NOPE)),
            new MlaPreprocess(
                linear(X, Q_C),
                null,
                linear(Q_C, Q),
                linear(X, KV_A),
                null,
                rope(RopeStyle.NEOX),
                concat(KV_C, K_PE, DType.F32),
                absorb(NOPE)),
            new MlaPreprocess(
                null,
                null,
                linear(X, Q),
                linear(X, value("kv", LATENT)),
                norm(value("kv", LATENT), KV_C_NORMED),
                null,
                concat(KV_C_NORMED, null, DType.F16),
                absorb(NOPE + ROPE))),
        Stream.of(RopeStyle.values())
            .flatMap(style ->
                Stream.of(
                    new RopeConcatAndCacheMla(rope(style), concat(KV_C, K_PE, DType.F8_E4M3)),
                    new RmsNormRopeConcatAndCacheMla(
                        norm(KV_C, KV_C_NORMED),
                        rope(style),
                        concat(KV_C_NORMED, K_PE, DType.BF16)))));
  }

  private static void fillInputs(FusedOp op, OpTestBench bench) {
    for (Value read : op.reads()) {
      if (read instanceof StepValue value) {
        int elements = bench.step().count(value.rows()) * value.rowWidth();
        bench.fill(value, new RandomData(value.name().hashCode()).normal(elements));
      }
    }
  }

  private static void assertSameBits(FusedOp op, OpTestBench parts, OpTestBench fused) {
    for (Value written : op.writes()) {
      if (written instanceof StepValue value) {
        assertArrayEquals(parts.read(value), fused.read(value), value.name());
      } else if (written instanceof CacheValue cache) {
        for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
          assertArrayEquals(parts.cacheBytes(cache, i), fused.cacheBytes(cache, i), cache.name());
        }
      }
    }
  }

  private void assertEqualsItsParts(FusedOp op, OpTestBench parts, OpTestBench fused) {
    fillInputs(op, parts);
    fillInputs(op, fused);
    op.parts().forEach(part -> parts.run(kernels(), part));
    fused.run(kernels(), op);
    assertSameBits(op, parts, fused);
  }

  @ParameterizedTest
  @MethodSource("ops")
  void inAMixedStep(FusedOp op) {
    try (OpTestBench parts = bench();
        OpTestBench fused = bench()) {
      assertEqualsItsParts(op, parts, fused);
    }
  }

  @ParameterizedTest
  @MethodSource("ops")
  void inAStepOfOneToken(FusedOp op) {
    try (OpTestBench parts = bench();
        OpTestBench fused = bench()) {
      for (OpTestBench bench : List.of(parts, fused)) {
        bench.step().clear();
        bench.add(Phase.DECODE, 20, 1, 7, 8);
      }
      assertEqualsItsParts(op, parts, fused);
    }
  }

  @ParameterizedTest
  @MethodSource("ops")
  void inAStepWithoutSlots(FusedOp op) {
    try (OpTestBench parts = bench();
        OpTestBench fused = bench()) {
      for (OpTestBench bench : List.of(parts, fused)) {
        bench.step().omitSlotMapping();
      }
      assertEqualsItsParts(op, parts, fused);
    }
  }

  @ParameterizedTest
  @MethodSource("ops")
  void inAStepWithoutTokens(FusedOp op) {
    try (OpTestBench bench = bench()) {
      bench.step().clear();
      bench.run(kernels(), op);
    }
  }

  @ParameterizedTest
  @MethodSource("ops")
  void whenWarm(FusedOp op) {
    try (OpTestBench parts = bench();
        OpTestBench fused = bench();
        Kernel kernel = fused.create(kernels(), op)) {
      fillInputs(op, fused);
      for (int i = 0; i < 2000; i++) {
        kernel.forward(fused.step(), Queue.SYNCHRONOUS);
      }
      // Compiled code has to round as interpreted code does; some inputs are changed in place.
      fillInputs(op, fused);
      kernel.forward(fused.step(), Queue.SYNCHRONOUS);
      fillInputs(op, parts);
      op.parts().forEach(part -> parts.run(kernels(), part));
      assertSameBits(op, parts, fused);
    }
  }

  @Test
  void kernelsAreCalledByTheirParts() {
    try (OpTestBench bench = bench();
        Kernel both = bench.create(kernels(), ops().skip(1).findFirst().orElseThrow());
        Kernel all = bench.create(kernels(), ops().skip(4).findFirst().orElseThrow())) {
      assertEquals("Linear + Linear", plain(both));
      assertEquals(
          "Linear + Linear, RmsNorm, Linear, RmsNorm + RotaryEmbedding + ConcatAndCache"
              + " + CopyTo, AbsorbQuery",
          plain(all));
    }
  }

  private static String plain(Kernel kernel) {
    return kernel.describe().replaceAll("Scalar|Vector|Packed", "");
  }

  @Test
  void positionBeyondTheRopeTableIsRefusedBeforeAnythingIsWritten() {
    RotaryEmbedding shortRope =
        new RotaryEmbedding(
            Q.narrow("q_pe", -1, NOPE, ROPE), K_PE, weight("table", 18, ROPE), RopeStyle.NEOX);
    FusedOp op =
        new RmsNormRopeConcatAndCacheMla(
            norm(KV_C, KV_C_NORMED), shortRope, concat(KV_C_NORMED, K_PE, DType.F32));
    try (OpTestBench bench = bench()) {
      fillInputs(op, bench);
      float[] before = bench.read(K_PE);
      assertEquals(
          "Token 10 of the step is at position 18; expected 0 to 17, the rows of 'table'."
              + " [MLA-0303]",
          assertThrows(InvalidInputException.class, () -> bench.run(kernels(), op)).getMessage());
      assertArrayEquals(before, bench.read(K_PE));
      for (float element : bench.read(KV_C_NORMED)) {
        assertEquals(Float.NaN, element);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Rows.class,
      names = {"DECODE", "PREFILL"})
  void partsWithOtherRowsAreDeclined(Rows rows) {
    StepValue out = StepValue.buffer("out", DType.F32, rows, HIDDEN);
    Op op = new FusedAddRmsNorm(new Add(X, X), norm(X, out));
    assertEquals(
        Support.no(
            "rms_norm: rows differ: hidden ALL, out " + rows + "; expected one kind",
            "rows differ: hidden ALL, out " + rows + "; expected one kind"),
        kernels().supports(op));
  }

  @Test
  void whatAPartDeclinesIsDeclinedWithItsName() {
    FusedOp op = new RopeConcatAndCacheMla(rope(RopeStyle.NEOX), concat(Q_C, K_PE, DType.F32));
    assertEquals(
        Support.no("concat_and_cache_mla: cache 'cache' has 41 elements in a row; expected 43"),
        kernels().supports(op));
  }
}
