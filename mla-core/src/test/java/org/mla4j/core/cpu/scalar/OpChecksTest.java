package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.testing.ArrayWeight;

@DisplayName("What the cpu backend declines, and why")
class OpChecksTest {
  private static final MoeSpec MOE =
      new MoeSpec(4, 2, 1, 3, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 0);

  private static void assertDeclined(Op op, String... reasons) {
    assertEquals(Support.no(reasons), new ScalarKernels().supports(op));
  }

  private static StepValue value(String name, long... extents) {
    return value(name, DType.F32, Rows.ALL, extents);
  }

  private static StepValue value(String name, DType dtype, Rows rows, long... extents) {
    return StepValue.buffer(name, dtype, rows, extents);
  }

  private static ArrayWeight weight(DType dtype, long... extents) {
    int elements = (int) Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    return ArrayWeight.of("w", dtype, new float[elements], extents);
  }

  private static ArrayWeight weight(long... extents) {
    return weight(DType.BF16, extents);
  }

  private static CacheValue cache(int latent, int rope) {
    return new CacheValue("cache", "layer", CacheSpec.mla(latent, rope, DType.F8_E4M3));
  }

  @Test
  void everyReasonIsGivenAtOnce() {
    StepValue gaps = value("q", 2, 6).narrow("x", -1, 0, 3);
    assertDeclined(
        new Linear(
            gaps, weight(DType.I32, 5, 7), weight(4), value("y", DType.F16, Rows.PREFILL, 5)),
        "x [2, 3] has gaps between the elements of a row; expected them side by side",
        "out is F16; expected F32",
        "rows differ: x ALL, y PREFILL; expected one kind",
        "weight 'w' is I32; expected F32, BF16, F16, F8_E4M3 or a block type",
        "weight 'w' is [5, 7]; expected [5, 6]",
        "bias 'w' is [4]; expected [5]");
  }

  @Test
  void embedding() {
    assertDeclined(
        new Embedding(weight(9, 5), value("out", DType.F32, Rows.LOGITS, 4)),
        "out has LOGITS rows; expected rows of tokens",
        "table 'w' is [9, 5]; expected a matrix with 4 columns");
  }

  @Test
  void norms() {
    assertDeclined(
        new RmsNorm(value("x", 4), weight(5), 1e-6, 1, value("y", 5)),
        "out [5] has 5 elements in a row; expected 4",
        "weight 'w' is [5]; expected [4]");
  }

  @Test
  void rotary() {
    assertDeclined(
        new RotaryEmbedding(value("q", 12), value("k", 3), weight(8, 4), RopeStyle.NEOX),
        "q [12]; expected rows of [heads, width]",
        "table 'w' is [8, 4]; expected a matrix with 3 columns",
        "k is 3 elements wide; expected an even number");
    assertDeclined(
        new RotaryEmbedding(value("q", 2, 6), value("k", 4), weight(8, 4), RopeStyle.NEOX),
        "q [2, 6]; expected [2, 4]");
  }

  @Test
  void cacheWrite() {
    assertDeclined(
        new ConcatAndCacheMla(value("c", 8), value("k", DType.F32, Rows.DECODE, 4), cache(8, 2)),
        "cache 'cache' has 10 elements in a row; expected 12",
        "rows differ: c ALL, k DECODE; expected one kind");
  }

  @Test
  void upProjections() {
    assertDeclined(
        new AbsorbQuery(value("q", 3, 4), weight(20, 8), value("l", 3, 8)),
        "kvB 'w' has 20 rows; expected a multiple of 3 heads with at least 4 rows each");
    assertDeclined(
        new ProjectValue(value("l", 3, 8), weight(6, 7), value("v", 3, 4)),
        "kvB 'w' is [6, 7]; expected a matrix with 8 columns",
        "kvB 'w' has 6 rows; expected a multiple of 3 heads with at least 4 rows each");
  }

  @Test
  void decodeAttention() {
    assertDeclined(
        new MlaDecodeAttention(
            value("q", 3, 8),
            value("p", 2, 4),
            cache(8, 2),
            1,
            value("o", 3, 9),
            value("lse", DType.F32, Rows.DECODE, 2)),
        "oLatent [3, 9]; expected [3, 8]",
        "cache 'cache' has 10 elements in a row; expected 12",
        "qPe [2, 4]; expected [3, 4]",
        "lse [2] has 2 elements in a row; expected 3",
        "rows differ: q ALL, lse DECODE; expected one kind");
  }

  @Test
  void prefillAttention() {
    assertDeclined(
        new MlaPrefillAttention(
            value("q", 3, 8),
            null,
            value("k", 3, 7),
            value("r", 2),
            value("v", 1, 5),
            1,
            value("o", 3, 4),
            null),
        "kNope [3, 7]; expected [3, 8]",
        "v [1, 5]; expected [3, 5]",
        "out [3, 4]; expected [3, 5]",
        "qPe and kPe: one is missing; expected both or none");
  }

  @Test
  void elementwise() {
    assertDeclined(
        new Add(value("x", 4), value("y", DType.BF16, Rows.ALL, 5)),
        "y is BF16; expected F32",
        "y [5] has 5 elements in a row; expected 4");
    assertDeclined(
        new SiluAndMul(value("x", 4), value("y", 4)),
        "gateUp [4] has 4 elements in a row; expected 8");
  }

  @Test
  void experts() {
    StepValue logits = value("logits", 3);
    StepValue shares = value("shares", 1);
    assertDeclined(
        new MoeGate(MOE, logits, weight(3), value("ids", 1), shares),
        "logits [3] has 3 elements in a row; expected 2",
        "ids is F32; expected I32",
        "correctionBias 'w' is [3]; expected [2]");
    assertDeclined(
        new RoutedExperts(
            MOE,
            value("x", 4),
            value("ids", DType.I32, Rows.ALL, 1),
            shares,
            List.of(new Expert(weight(3, 4), weight(4, 3), weight(4, 3))),
            value("out", 4)),
        "weights of 1 experts; expected 2",
        "up of expert 0 'w' is [4, 3]; expected [3, 4]");
  }

  @Test
  void logitRows() {
    assertDeclined(
        new SelectRows(value("x", DType.F32, Rows.DECODE, 4), value("y", 4)),
        "x has DECODE rows; expected ALL",
        "out has ALL rows; expected LOGITS");
    assertDeclined(
        new Sample(value("x", 4), value("ids", DType.I32, Rows.LOGITS, 1)),
        "logits have ALL rows, ids LOGITS; expected LOGITS");
  }
}
