package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.SpanAttention.QUERIES;
import static org.mla4j.core.cpu.vector.SpanAttention.SPAN;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code mla_decode_attention}: first the units of a {@link SpanSchedule} in parallel, each of
 * which converts its cache rows once for all heads and tokens, then each token's results merged in
 * the order of spans.
 */
final class VectorDecodeAttention implements Kernel {
  /** Tokens and heads that share converted cache rows. */
  private static final int QUERIES_PER_UNIT = 64;

  private static final int MOST_UNITS = 64;

  private final Rows rows;
  private final Operand latent;
  private final @Nullable Operand rope;
  private final int ropeWidth;
  private final CacheRows cache;
  private final AttentionOutput output;
  private final int heads;
  private final int width;
  private final int headTiles;
  private final int rowsPerGroup;
  private final int capacity;
  private final SpanSchedule schedule;
  private final SpanAttention[] attentions;
  private final long keysAt;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final ParallelFor.Body units = this::attend;
  private final ParallelFor.Body results = this::merge;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  private int partsPerUnit;
  private int wave;

  VectorDecodeAttention(
      MlaDecodeAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    rows = op.qLatent().rows();
    latent = Operand.of(bindings.tensor(op.qLatent()));
    rope = op.qPe() == null ? null : Operand.of(bindings.tensor(op.qPe()));
    ropeWidth = op.qPe() == null ? 0 : Math.toIntExact(op.qPe().rowShape().extent(1));
    cache = new CacheRows(bindings.cache(op.cache()), op.cache().spec());
    output = new AttentionOutput(op.oLatent(), op.lse(), bindings);
    heads = output.heads();
    width = output.width();
    headTiles = Math.ceilDiv(heads, QUERIES);
    this.scratch = scratch;
    parallel = context.engine().parallel();

    StepLimits limits = context.engine().limits();
    rowsPerGroup = Math.clamp(QUERIES_PER_UNIT / heads, 1, limits.maxTokens());
    long mostSpans = (long) limits.maxTokens() * Math.ceilDiv(limits.maxSequenceLength(), SPAN);
    capacity = (int) Math.min(MOST_UNITS, mostSpans);
    schedule = new SpanSchedule(capacity, rowsPerGroup);
    // Two more units hold what a group carries from wave to wave.
    scratch.reserveShared(partialAt(capacity + 2, 0, 0));

    attentions = new SpanAttention[parallel.threads()];
    Arrays.setAll(attentions, i -> new SpanAttention(cache.width(), width, op.scale(), 0));
    keysAt = attentions[0].end();
    scratch.reserve(keysAt + SPAN * attentions[0].keyStride() + 4L * MixTile.WIDTH);
  }

  /** Where the result of a unit for a row of its group and a head is in the shared memory. */
  private long partialAt(int unit, int row, int head) {
    return (((long) unit * rowsPerGroup + row) * heads + head) * Partial.bytes(width);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    this.step = step;
    latent.begin(step);
    if (rope != null) {
      rope.begin(step);
    }
    output.begin(step);
    if (step.isProfiling() || cache.isEmpty()) {
      output.writeZeros();
      return;
    }
    schedule.begin();
    wave = 0;
    while (schedule.next(step, step.firstToken(rows), output.rows())) {
      // Too few units for the threads: then their heads are split, at the price of converting
      // cache rows more than once.
      int wanted = Math.ceilDiv(2 * parallel.threads(), schedule.units());
      partsPerUnit = Math.min(parallel.threads() == 1 ? 1 : wanted, headTiles);
      parallel.run(schedule.units() * partsPerUnit, units);
      parallel.run(schedule.groups() * rowsPerGroup * headTiles, results);
      wave++;
    }
  }

  private void attend(int task, int worker) {
    int unit = task / partsPerUnit;
    int part = task % partsPerUnit;
    int firstTile = headTiles * part / partsPerUnit;
    int endTile = headTiles * (part + 1) / partsPerUnit;
    int group = schedule.groupOf(unit);
    int span = schedule.span(unit);
    int firstRow = schedule.firstRow(group);
    int lastRow = firstRow + schedule.rows(group) - 1;
    int firstToken = step.firstToken(rows);

    MemorySegment memory = scratch.of(worker);
    Operand rotated = rope == null ? latent : rope;
    SpanAttention attention = attentions[worker];
    int keys = SpanAttention.visible(step.position(firstToken + lastRow), span);
    int sequence = step.sequenceOf(firstToken + firstRow);
    cache.widen(step, sequence, span * SPAN, keys, memory, keysAt, attention.keyStride());
    for (int row = firstRow; row <= lastRow; row++) {
      int visible = SpanAttention.visible(step.position(firstToken + row), span);
      for (int tile = firstTile; visible > 0 && tile < endTile; tile++) {
        for (int i = 0; i < QUERIES; i++) {
          // A missing head is computed as a copy of the last one.
          int head = Math.min(tile * QUERIES + i, heads - 1);
          long resultAt = partialAt(unit, row - firstRow, head);
          attention.takeQuery(
              i, latent, width, rotated, ropeWidth, row, head, visible, resultAt, memory);
        }
        attention.attend(memory, keysAt, keysAt, attention.keyStride(), scratch.shared());
      }
    }
  }

  private void merge(int task, int worker) {
    int tile = task % headTiles;
    int rowInGroup = task / headTiles % rowsPerGroup;
    int group = task / headTiles / rowsPerGroup;
    if (rowInGroup >= schedule.rows(group)) {
      return;
    }
    int endHead = Math.min(heads, (tile + 1) * QUERIES);
    for (int head = tile * QUERIES; head < endHead; head++) {
      merge(group, rowInGroup, head);
    }
  }

  private void merge(int group, int rowInGroup, int head) {
    MemorySegment memory = scratch.shared();
    int row = schedule.firstRow(group) + rowInGroup;
    int spans = step.position(step.firstToken(rows) + row) / SPAN + 1;
    int firstSpan = schedule.firstSpan(group);
    int firstUnit = schedule.firstUnit(group);
    boolean carried = firstSpan > 0;
    long at = partialAt(carried ? capacity + wave % 2 : firstUnit, rowInGroup, head);
    int endUnit = firstUnit + Math.min(schedule.units(group), spans - firstSpan);
    for (int unit = carried ? firstUnit : firstUnit + 1; unit < endUnit; unit++) {
      Partial.merge(memory, at, partialAt(unit, rowInGroup, head), width);
    }
    if (schedule.isComplete(group)) {
      output.write(row, head, memory, at);
    } else {
      long carryAt = partialAt(capacity + (wave + 1) % 2, rowInGroup, head);
      MemorySegment.copy(memory, at, memory, carryAt, Partial.bytes(width));
    }
  }
}
