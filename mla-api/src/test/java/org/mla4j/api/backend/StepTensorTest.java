package org.mla4j.api.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.testing.Steps;

/** Two decode tokens, three prefill tokens, one row of logits; rows of three floats at byte 8. */
class StepTensorTest {
  private static final long ROW = 3 * 4;

  private final Arena arena = Arena.ofConfined();
  private final StepDescription step = Steps.empty(arena);
  private final Tensor rows =
      Tensor.dense(
          DType.F32,
          Shape.of(8, 3),
          new HostStorage(MemorySegment.ofArray(new byte[8 + 8 * 12])),
          8);

  @BeforeEach
  void fill() {
    Steps.add(step, Phase.DECODE, 5, 2, 1, 2);
    Steps.add(step, Phase.PREFILL, 0, 3, 3);
    step.wantLastLogits(Sampling.GREEDY, 0);
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void hasTheLiveRowsOfItsKind() {
    assertEquals(5, new StepTensor(rows, Rows.ALL, Rows.ALL).count(step));
    assertEquals(2, new StepTensor(rows, Rows.DECODE, Rows.ALL).count(step));
    assertEquals(3, new StepTensor(rows, Rows.PREFILL, Rows.ALL).count(step));
    assertEquals(1, new StepTensor(rows, Rows.LOGITS, Rows.LOGITS).count(step));
  }

  @Test
  void aBufferOfOneKindOfRowsStartsWithThem() {
    for (Rows kind : new Rows[] {Rows.ALL, Rows.DECODE, Rows.PREFILL, Rows.LOGITS}) {
      assertEquals(8, new StepTensor(rows, kind, kind).offset(step), kind.name());
    }
  }

  @Test
  void prefillRowsOfAllTokensFollowTheDecodeRows() {
    assertEquals(8 + 2 * ROW, new StepTensor(rows, Rows.PREFILL, Rows.ALL).offset(step));
    assertEquals(8, new StepTensor(rows, Rows.DECODE, Rows.ALL).offset(step));
  }

  @Test
  void rowsMayHaveGaps() {
    StepTensor part = new StepTensor(rows.narrow(1, 1, 2), Rows.PREFILL, Rows.ALL);
    assertEquals(ROW, part.rowBytes());
    assertEquals(8 + 4 + 2 * ROW, part.offset(step));
  }
}
