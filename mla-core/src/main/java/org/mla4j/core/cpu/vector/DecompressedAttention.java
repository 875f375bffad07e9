package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.SpanAttention.QUERIES;
import static org.mla4j.core.cpu.vector.SpanAttention.SPAN;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.DecompressedOperands;

/**
 * Attention where every head has keys and values of its own: one task per head and {@linkplain
 * QueryBlocks block} of queries, which walks the keys span by span.
 */
abstract class DecompressedAttention implements Kernel, ParallelFor.Body {
  private final Rows rows;
  private final Operand query;
  private final @Nullable Operand queryRope;
  private final Operand key;
  private final @Nullable Operand keyRope;
  private final Operand value;
  private final AttentionOutput output;
  private final int nopeWidth;
  private final int ropeWidth;
  private final int width;
  private final QueryBlocks blocks;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  private final SpanAttention[] attentions;
  private final long keysAt;
  private final long valuesAt;
  private final long valueStride;
  private final long resultsAt;
  private final long laterAt;
  private final Scratch scratch;
  private final ParallelFor parallel;

  DecompressedAttention(
      DecompressedOperands op, Bindings bindings, CpuContext context, Scratch scratch) {
    rows = op.qNope().rows();
    query = Operand.of(bindings.tensor(op.qNope()));
    queryRope = operand(op.qPe(), bindings);
    key = Operand.of(bindings.tensor(op.kNope()));
    keyRope = operand(op.kPe(), bindings);
    value = Operand.of(bindings.tensor(op.v()));
    output = new AttentionOutput(op.out(), op.lse(), bindings);
    nopeWidth = Math.toIntExact(op.qNope().rowShape().extent(1));
    ropeWidth = op.kPe() == null ? 0 : op.kPe().rowWidth();
    width = output.width();
    blocks = new QueryBlocks(context.engine().limits());
    this.scratch = scratch;
    parallel = context.engine().parallel();

    attentions = new SpanAttention[parallel.threads()];
    int keyWidth = nopeWidth + ropeWidth;
    Arrays.setAll(attentions, i -> new SpanAttention(keyWidth, width, op.scale(), 0));
    // Behind the attention's own memory: a span of keys, one of values, the results of a block's
    // queries so far, and those of four queries for the span at hand.
    keysAt = attentions[0].end();
    valuesAt = keysAt + SPAN * attentions[0].keyStride();
    valueStride = 4L * Partial.paddedWidth(width);
    resultsAt = valuesAt + SPAN * valueStride;
    laterAt = resultsAt + QueryBlocks.SIZE * Partial.bytes(width);
    scratch.reserve(laterAt + QUERIES * Partial.bytes(width));
  }

  private static @Nullable Operand operand(@Nullable StepValue value, Bindings bindings) {
    return value == null ? null : Operand.of(bindings.tensor(value));
  }

  /** The row of the first key that a block's queries may see. */
  abstract int firstKey(StepDescription step, QueryBlocks blocks, int block);

  /** How many keys, from that one on, the last query of a block sees. */
  abstract int keys(StepDescription step, QueryBlocks blocks, int block);

  /** How many keys of a span a query sees, at most a span; at most 0 if none. */
  abstract int visible(int row, int keys, QueryBlocks blocks, int block, int span);

  @Override
  public final void forward(StepDescription step, Queue queue) {
    this.step = step;
    output.begin(step);
    if (step.isProfiling()) {
      output.writeZeros();
      return;
    }
    query.begin(step);
    key.begin(step);
    value.begin(step);
    if (queryRope != null && keyRope != null) {
      queryRope.begin(step);
      keyRope.begin(step);
    }
    blocks.fill(step, step.firstToken(rows), output.rows());
    // Heads outside: a worker's range then has early and late blocks, which see few and many keys.
    parallel.run(output.heads() * blocks.count(), this);
  }

  @Override
  public final void run(int task, int worker) {
    int head = task / blocks.count();
    int block = task % blocks.count();
    int first = firstKey(step, blocks, block);
    int keys = keys(step, blocks, block);
    MemorySegment memory = scratch.of(worker);
    for (int span = 0; span * SPAN < keys; span++) {
      int count = Math.min(SPAN, keys - span * SPAN);
      copyKeysAndValues(first + span * SPAN, head, count, memory);
      for (int row = 0; row < blocks.rows(block); row += QUERIES) {
        attend(block, head, span, row, keys, attentions[worker], memory);
      }
    }
    for (int row = 0; row < blocks.rows(block); row++) {
      if (keys == 0) {
        output.writeZeros(blocks.firstRow(block) + row, head);
      } else {
        output.write(blocks.firstRow(block) + row, head, memory, resultAt(row));
      }
    }
  }

  private long resultAt(int row) {
    return resultsAt + row * Partial.bytes(width);
  }

  private void copyKeysAndValues(int firstRow, int head, int count, MemorySegment memory) {
    long keyStride = attentions[0].keyStride();
    Operand rotated = keyRope == null ? key : keyRope;
    for (int i = 0; i < count; i++) {
      Concat.copy(
          key.segment(),
          key.at(firstRow + i) + key.headShift(head),
          nopeWidth,
          rotated.segment(),
          rotated.at(firstRow + i),
          ropeWidth,
          memory,
          keysAt + i * keyStride);
      long valueAt = value.at(firstRow + i) + value.headShift(head);
      F32Format.INSTANCE.widen(
          value.segment(), valueAt, width, memory, valuesAt + i * valueStride, BYTES);
    }
  }

  /** Four queries over one span. A missing query is computed as a copy of the last one. */
  private void attend(
      int block,
      int head,
      int span,
      int row,
      int keys,
      SpanAttention attention,
      MemorySegment memory) {
    int live = Math.min(QUERIES, blocks.rows(block) - row);
    Operand rotated = queryRope == null ? query : queryRope;
    // Blocks and spans start at multiples of four queries: all of them see a key of it, or none.
    if (visible(row, keys, blocks, block, span) <= 0) {
      return;
    }
    for (int i = 0; i < QUERIES; i++) {
      int index = Math.min(i, live - 1);
      long resultAt = span == 0 ? resultAt(row + index) : laterAt + index * Partial.bytes(width);
      int visible = visible(row + index, keys, blocks, block, span);
      int queryRow = blocks.firstRow(block) + row + index;
      attention.takeQuery(
          i, query, nopeWidth, rotated, ropeWidth, queryRow, head, visible, resultAt, memory);
    }
    attention.attend(memory, keysAt, valuesAt, valueStride, memory);
    for (int i = 0; span > 0 && i < live; i++) {
      Partial.merge(memory, resultAt(row + i), laterAt + i * Partial.bytes(width), width);
    }
  }
}
