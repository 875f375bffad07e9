package org.mla4j.api.value;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

class StepValueTest {
  private static StepValue queries() {
    return StepValue.buffer("q", DType.F32, Rows.ALL, 16, 192);
  }

  @Nested
  class Buffer {
    @Test
    void isNoViewAndItsOwnRoot() {
      StepValue q = queries();
      assertFalse(q.isView());
      assertSame(q, q.root());
      assertEquals(0, q.rowOffset());
    }

    @Test
    void hasDenseRows() {
      StepValue q = queries();
      assertTrue(q.isRowDense());
      assertArrayEquals(new long[] {192, 1}, q.rowStrides());
      assertEquals(16 * 192, q.rowWidth());
    }

    @Test
    void mayHaveOneElementPerRow() {
      StepValue scalar = StepValue.buffer("s", DType.I32, Rows.LOGITS);
      assertEquals(1, scalar.rowWidth());
      assertTrue(scalar.isRowDense());
    }

    @Test
    void isOfNoBlockType() {
      assertRefused(
          "Value 'q' of type Q8_0; expected no block type: those hold weights. [MLA-0302]",
          () -> StepValue.buffer("q", DType.Q8_0, Rows.ALL, 32));
    }

    @Test
    void nobodyCanChangeItsStrides() {
      StepValue q = queries();
      q.rowStrides()[0] = 7;
      assertEquals(192, q.rowStrides()[0]);
    }

    @Test
    void printsNameTypeRowsAndShape() {
      assertEquals("q F32 ALL x [16, 192]", queries().toString());
    }
  }

  @Nested
  class Narrow {
    @Test
    void viewsPartOfEachRow() {
      StepValue q = queries();
      StepValue rope = q.narrow("q_pe", 1, 128, 64);
      assertEquals("q_pe", rope.name());
      assertEquals(Shape.of(16, 64), rope.rowShape());
      assertEquals(128, rope.rowOffset());
      assertArrayEquals(new long[] {192, 1}, rope.rowStrides());
      assertEquals(DType.F32, rope.dtype());
      assertEquals(Rows.ALL, rope.rows());
      assertTrue(rope.isView());
      assertSame(q, rope.root());
      assertFalse(rope.isRowDense());
    }

    @Test
    void mayBeEmpty() {
      assertEquals(Shape.of(16, 0), queries().narrow("none", 1, 192, 0).rowShape());
    }

    @Test
    void takesNegativeAxes() {
      assertEquals(queries().narrow("v", 1, 128, 64), queries().narrow("v", -1, 128, 64));
      assertEquals(queries().narrow("v", 0, 2, 3), queries().narrow("v", -2, 2, 3));
    }

    @Test
    void ofTheOutermostAxisStaysDense() {
      StepValue heads = queries().narrow("heads", 0, 4, 8);
      assertTrue(heads.isRowDense());
      assertEquals(4 * 192, heads.rowOffset());
    }

    @Test
    void ofAViewAddsUpAndKeepsTheRoot() {
      StepValue q = queries();
      StepValue part = q.narrow("a", 0, 4, 8).narrow("b", 1, 128, 64).narrow("c", 1, 32, 8);
      assertEquals(4 * 192 + 128 + 32, part.rowOffset());
      assertSame(q, part.root());
    }

    @Test
    void staysInsideTheAxis() {
      assertRefused(
          "View 'v' of q F32 ALL x [16, 192]: range of 65 from 128 leaves axis 1. [MLA-0302]",
          () -> queries().narrow("v", -1, 128, 65));
      assertRefused(
          "View 'v' of q F32 ALL x [16, 192]: range of 2 from -1 leaves axis 0. [MLA-0302]",
          () -> queries().narrow("v", 0, -1, 2));
      assertRefused(
          "View 'v' of q F32 ALL x [16, 192]: range of -1 from 3 leaves axis 0. [MLA-0302]",
          () -> queries().narrow("v", 0, 3, -1));
      assertRefused(
          "View 'v' of q F32 ALL x [16, 192]: range of 9223372036854775807 from 1 leaves axis 0."
              + " [MLA-0302]",
          () -> queries().narrow("v", 0, 1, Long.MAX_VALUE));
    }
  }

  @Nested
  class Reshape {
    @Test
    void viewsTheSameElementsInAnotherShape() {
      StepValue q = queries();
      StepValue flat = q.reshape("flat", 3072);
      assertEquals(Shape.of(3072), flat.rowShape());
      assertArrayEquals(new long[] {1}, flat.rowStrides());
      assertSame(q, flat.root());
    }

    @Test
    void ofADenseViewKeepsItsPlace() {
      StepValue heads = queries().narrow("heads", 0, 4, 8).reshape("flat", 8 * 192);
      assertEquals(4 * 192, heads.rowOffset());
    }

    @Test
    void keepsTheNumberOfElements() {
      assertRefused(
          "View 'v' [3071]: cannot reshape q F32 ALL x [16, 192]. [MLA-0302]",
          () -> queries().reshape("v", 3071));
    }

    @Test
    void needsRowsWithoutGaps() {
      StepValue rope = queries().narrow("q_pe", 1, 128, 64);
      assertRefused(
          "View 'v' [1024]: cannot reshape q_pe F32 ALL x [16, 64]. [MLA-0302]",
          () -> rope.reshape("v", 1024));
    }
  }

  @Nested
  class Only {
    @Test
    void viewsTheRowsOfOneKind() {
      StepValue q = queries().narrow("q_pe", 1, 128, 64);
      StepValue decode = q.only(Rows.DECODE);
      assertEquals("q_pe@decode", decode.name());
      assertEquals(Rows.DECODE, decode.rows());
      assertEquals(q.rowShape(), decode.rowShape());
      assertEquals(q.rowOffset(), decode.rowOffset());
      assertSame(q.root(), decode.root());
      assertEquals("q@prefill", queries().only(Rows.PREFILL).name());
    }

    @Test
    void ofTheRowsThereAreIsTheValueItself() {
      StepValue q = queries();
      assertSame(q, q.only(Rows.ALL));
      StepValue decode = q.only(Rows.DECODE);
      assertSame(decode, decode.only(Rows.DECODE));
    }

    @Test
    void doesNotFindRowsThatAreNotThere() {
      assertRefused(
          "The LOGITS rows of q F32 ALL x [16, 192] do not exist. [MLA-0302]",
          () -> queries().only(Rows.LOGITS));
      assertRefused(
          "The PREFILL rows of q@decode F32 DECODE x [16, 192] do not exist. [MLA-0302]",
          () -> queries().only(Rows.DECODE).only(Rows.PREFILL));
      assertRefused(
          "The ALL rows of q@decode F32 DECODE x [16, 192] do not exist. [MLA-0302]",
          () -> queries().only(Rows.DECODE).only(Rows.ALL));
    }
  }

  @Nested
  class Equality {
    @Test
    void isByContent() {
      assertEquals(queries(), queries());
      assertEquals(queries().hashCode(), queries().hashCode());
      assertEquals(queries().narrow("v", 0, 0, 2), queries().narrow("v", 0, 0, 2));
    }

    @Test
    void everyPartCounts() {
      StepValue q = queries();
      assertNotEquals(q, StepValue.buffer("k", DType.F32, Rows.ALL, 16, 192));
      assertNotEquals(q, StepValue.buffer("q", DType.F16, Rows.ALL, 16, 192));
      assertNotEquals(q, StepValue.buffer("q", DType.F32, Rows.DECODE, 16, 192));
      assertNotEquals(q, StepValue.buffer("q", DType.F32, Rows.ALL, 192, 16));
      assertNotEquals(q.narrow("v", 0, 0, 2), q.narrow("v", 0, 1, 2)); // offset
      assertNotEquals(q.narrow("q", 0, 0, 16), q); // a view is not its buffer
      assertNotEquals(
          q.narrow("v", 1, 0, 1), q.reshape("r", 192, 16).narrow("v", 0, 0, 16)); // strides
      assertNotEquals(q, "q");
    }
  }
}
