package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.simd.Lanes.BYTES;
import static org.mla4j.core.cpu.vector.SpanAttention.QUERIES;

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
  private final QueryPanel queries;
  private final Operand key;
  private final @Nullable Operand keyRope;
  private final Operand value;
  private final AttentionOutput output;
  private final int nopeWidth;
  private final int ropeWidth;
  private final int width;
  private final int span;
  private final QueryBlocks blocks;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  private final SpanAttention[] attentions;
  private final long queryAt;
  private final long panelsAt;
  private final long panelBytes;
  private final long keysAt;
  private final long keyStride;
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
    Operand rotated = queryRope == null ? query : queryRope;
    queries = new QueryPanel(query, nopeWidth, rotated, ropeWidth, null, op.scale());
    blocks = new QueryBlocks(context.engine().limits());
    this.scratch = scratch;
    parallel = context.engine().parallel();

    int keyWidth = nopeWidth + ropeWidth;
    keyStride = SpanAttention.stride(keyWidth);
    valueStride = SpanAttention.stride(width);
    span = SpanAttention.span(keyStride + valueStride);
    attentions = new SpanAttention[parallel.threads()];
    Arrays.setAll(attentions, i -> new SpanAttention(span, keyWidth, width, 0));
    // Behind the attention's own memory: a query on its way, a block's queries, a span of keys, one
    // of values, the
    // results of the block's queries so far, and those of a panel for the span at hand.
    queryAt = attentions[0].end();
    panelsAt = queryAt + queries.queryBytes();
    panelBytes = attentions[0].panelBytes();
    keysAt = panelsAt + QueryBlocks.SIZE / QUERIES * panelBytes;
    valuesAt = keysAt + span * keyStride;
    resultsAt = valuesAt + span * valueStride + 4L * MixTile.WIDTH;
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

  /** How many keys, from the first one on, a query of a block sees. */
  abstract int seen(QueryBlocks blocks, int block, int row, int keys);

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
    int rowCount = blocks.rows(block);
    MemorySegment memory = scratch.of(worker);
    for (int row = 0; row < rowCount; row += QUERIES) {
      putQueries(
          blocks.firstRow(block) + row,
          head,
          Math.min(QUERIES, rowCount - row),
          memory,
          panelAt(row));
    }
    for (int key = 0; key < keys; key += span) {
      copyKeysAndValues(first + key, head, Math.min(span, keys - key), memory);
      for (int row = 0; row < rowCount; row += QUERIES) {
        attend(block, key, row, keys, attentions[worker], memory);
      }
    }
    for (int row = 0; row < rowCount; row++) {
      if (keys == 0) {
        output.writeZeros(blocks.firstRow(block) + row, head);
      } else {
        output.write(blocks.firstRow(block) + row, head, memory, resultAt(row));
      }
    }
  }

  private long panelAt(int row) {
    return panelsAt + row / QUERIES * panelBytes;
  }

  /** Puts queries into a panel; in columns without one the last one is taken again. */
  private void putQueries(int firstRow, int head, int live, MemorySegment memory, long panelAt) {
    for (int column = 0; column < QUERIES; column++) {
      int row = firstRow + Math.min(column, live - 1);
      queries.put(
          row, head, step.position(step.firstToken(rows) + row), column, memory, queryAt, panelAt);
    }
    queries.scale(memory, panelAt);
  }

  private long resultAt(int row) {
    return resultsAt + row * Partial.bytes(width);
  }

  private void copyKeysAndValues(int firstRow, int head, int count, MemorySegment memory) {
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

  /** A panel of queries over one span. */
  private void attend(
      int block,
      int firstKey,
      int firstRow,
      int keys,
      SpanAttention attention,
      MemorySegment memory) {
    int live = Math.min(QUERIES, blocks.rows(block) - firstRow);
    if (seen(blocks, block, firstRow + live - 1, keys) <= firstKey) {
      return;
    }
    for (int column = 0; column < QUERIES; column++) {
      int index = Math.min(column, live - 1);
      int visible = Math.min(span, seen(blocks, block, firstRow + index, keys) - firstKey);
      attention.place(column, visible, firstKey == 0 ? resultAt(firstRow + index) : laterAt(index));
    }
    attention.attend(
        live, memory, panelAt(firstRow), keysAt, keyStride, valuesAt, valueStride, memory);
    for (int i = 0; firstKey > 0 && i < live; i++) {
      if (seen(blocks, block, firstRow + i, keys) > firstKey) {
        Partial.merge(memory, resultAt(firstRow + i), laterAt(i), width);
      }
    }
  }

  private long laterAt(int column) {
    return laterAt + column * Partial.bytes(width);
  }
}
