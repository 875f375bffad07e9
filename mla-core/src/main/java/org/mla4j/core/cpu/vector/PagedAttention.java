package org.mla4j.core.cpu.vector;

import static org.mla4j.core.cpu.vector.SpanAttention.QUERIES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * Attention to all positions of a sequence so far: first the units of a {@link SpanSchedule} in
 * parallel for each key head, each of which loads its keys once for all query heads and tokens,
 * then each token's results merged in the order of spans.
 */
final class PagedAttention {
  /** Tokens and heads that share loaded keys. */
  private static final int QUERIES_PER_UNIT = 128;

  private static final int MOST_UNITS = 64;

  /** Memory for the results of units, as long as there are enough units for the threads. */
  private static final long RESULT_BYTES = 16L << 20;

  private static final int HEADS_PER_MERGE = 4;

  private final Rows rows;
  private final QueryPanel queries;
  private final SpanKeys keys;
  private final AttentionOutput output;
  private final int span;
  private final int headsPerKey;
  private final int width;
  private final int rowsPerGroup;
  private final int mostTiles;
  private final int capacity;
  private final SpanSchedule schedule;
  private final SpanAttention[] attentions;

  /** For each worker the panels that it has in its memory. */
  private final int[] packed;

  private final long queryAt;
  private final long panelsAt;
  private final long panelBytes;
  private final long keysAt;
  private final long keyStride;
  private final long valuesAt;
  private final long valueStride;
  private final long workAt;
  private final Scratch scratch;
  private final ParallelFor parallel;
  private final ParallelFor.Body units = this::attend;
  private final ParallelFor.Body results = this::merge;

  @SuppressWarnings("NullAway.Init") // set by forward before a task runs
  private StepDescription step;

  private int partsPerUnit;
  private int wave;

  /**
   * Reserves memory.
   *
   * @param rows which tokens attend
   * @param queries their queries
   * @param keys what they attend to
   * @param output takes the results
   * @param context the backend
   * @param scratch its memory
   */
  PagedAttention(
      Rows rows,
      QueryPanel queries,
      SpanKeys keys,
      AttentionOutput output,
      CpuContext context,
      Scratch scratch) {
    this.rows = rows;
    this.queries = queries;
    this.keys = keys;
    this.output = output;
    this.scratch = scratch;
    headsPerKey = output.heads() / keys.heads();
    width = output.width();
    parallel = context.engine().parallel();

    keyStride = SpanAttention.stride(keys.keyWidth());
    boolean apart = !keys.areValuesInKeys();
    valueStride = apart ? SpanAttention.stride(width) : keyStride;
    span = SpanAttention.span(apart ? keyStride + valueStride : keyStride);
    StepLimits limits = context.engine().limits();
    rowsPerGroup = Math.clamp(QUERIES_PER_UNIT / headsPerKey, 1, limits.maxTokens());
    mostTiles = Math.ceilDiv(rowsPerGroup * headsPerKey, QUERIES);
    long mostSpans = (long) limits.maxTokens() * Math.ceilDiv(limits.maxSequenceLength(), span);
    long fitting = RESULT_BYTES / ((long) rowsPerGroup * output.heads() * Partial.bytes(width));
    long wanted = Math.clamp(fitting, 4L * parallel.threads(), MOST_UNITS);
    capacity = (int) Math.min(wanted, mostSpans);
    schedule = new SpanSchedule(span, capacity, rowsPerGroup);
    // Two more units hold what a group carries from wave to wave.
    scratch.reserveShared(partialAt(capacity + 2, 0, 0));

    attentions = new SpanAttention[parallel.threads()];
    Arrays.setAll(attentions, i -> new SpanAttention(span, keys.keyWidth(), width, 0));
    packed = new int[parallel.threads()];
    queryAt = attentions[0].end();
    panelsAt = queryAt + queries.queryBytes();
    panelBytes = attentions[0].panelBytes();
    keysAt = panelsAt + mostTiles * panelBytes;
    valuesAt = apart ? keysAt + span * keyStride : keysAt;
    workAt = valuesAt + span * valueStride + 4L * MixTile.WIDTH;
    scratch.reserve(workAt + keys.workBytes(span));
  }

  /** Where the result of a unit for a row of its group and a head is in the shared memory. */
  private long partialAt(int unit, int row, int head) {
    return (((long) unit * rowsPerGroup + row) * output.heads() + head) * Partial.bytes(width);
  }

  /** Attends for all tokens. The operands of the queries and the output have begun the step. */
  void forward(StepDescription step) {
    this.step = step;
    if (step.isProfiling() || keys.isEmpty()) {
      output.writeZeros();
      return;
    }
    keys.begin(step);
    schedule.begin();
    wave = 0;
    while (schedule.next(step, step.firstToken(rows), output.rows())) {
      // Too few units for the threads: then their queries are split, at the price of loading keys
      // more than once.
      int wanted = Math.ceilDiv(2 * parallel.threads(), schedule.units() * keys.heads());
      partsPerUnit = parallel.threads() == 1 ? 1 : Math.min(wanted, mostTiles);
      Arrays.fill(packed, -1);
      parallel.run(keys.heads() * schedule.units() * partsPerUnit, units);
      int merges = Math.ceilDiv(output.heads(), HEADS_PER_MERGE);
      parallel.run(schedule.groups() * rowsPerGroup * merges, results);
      wave++;
    }
  }

  private void attend(int task, int worker) {
    int part = task % partsPerUnit;
    int unit = task / partsPerUnit % schedule.units();
    int keyHead = task / partsPerUnit / schedule.units();
    int group = schedule.groupOf(unit);
    int live = schedule.rows(group) * headsPerKey;
    int tiles = Math.ceilDiv(live, QUERIES);
    int firstTile = tiles * part / partsPerUnit;
    int endTile = tiles * (part + 1) / partsPerUnit;
    if (firstTile == endTile) {
      return;
    }
    MemorySegment memory = scratch.of(worker);
    int firstRow = schedule.firstRow(group);
    int firstToken = step.firstToken(rows) + firstRow;
    int panels = (keyHead * schedule.groups() + group) * partsPerUnit + part;
    // The panels of a group serve all its spans.
    if (packed[worker] != panels) {
      packed[worker] = panels;
      for (int tile = firstTile; tile < endTile; tile++) {
        putQueries(tile, keyHead, group, memory, panelsAt + (tile - firstTile) * panelBytes);
      }
    }
    int lastToken = firstToken + schedule.rows(group) - 1;
    int first = schedule.span(unit) * span;
    int count = visible(lastToken, first);
    int sequence = step.sequenceOf(firstToken);
    keys.load(sequence, first, count, keyHead, worker, memory, workAt, keysAt, valuesAt);
    SpanAttention attention = attentions[worker];
    for (int tile = firstTile; tile < endTile; tile++) {
      for (int lane = 0; lane < QUERIES; lane++) {
        int query = Math.min(tile * QUERIES + lane, live - 1);
        int row = query / headsPerKey;
        int head = keyHead * headsPerKey + query % headsPerKey;
        attention.place(lane, visible(firstToken + row, first), partialAt(unit, row, head));
      }
      attention.attend(
          Math.min(QUERIES, live - tile * QUERIES),
          memory,
          panelsAt + (tile - firstTile) * panelBytes,
          keysAt,
          keyStride,
          valuesAt,
          valueStride,
          scratch.shared());
    }
  }

  /** How many keys of a span a token sees; at most 0 if none. */
  private int visible(int token, int firstKey) {
    return Math.min(span, step.position(token) + 1 - firstKey);
  }

  /** Puts queries of a group into a panel; in columns without one the last one is taken again. */
  private void putQueries(int tile, int keyHead, int group, MemorySegment memory, long panelAt) {
    int live = schedule.rows(group) * headsPerKey;
    for (int column = 0; column < QUERIES; column++) {
      int query = Math.min(tile * QUERIES + column, live - 1);
      int row = schedule.firstRow(group) + query / headsPerKey;
      int head = keyHead * headsPerKey + query % headsPerKey;
      int position = step.position(step.firstToken(rows) + row);
      queries.put(row, head, position, column, memory, queryAt, panelAt);
    }
    queries.scale(memory, panelAt);
  }

  private void merge(int task, int worker) {
    int merges = Math.ceilDiv(output.heads(), HEADS_PER_MERGE);
    int firstHead = task % merges * HEADS_PER_MERGE;
    int rowInGroup = task / merges % rowsPerGroup;
    int group = task / merges / rowsPerGroup;
    if (rowInGroup >= schedule.rows(group)) {
      return;
    }
    int endHead = Math.min(output.heads(), firstHead + HEADS_PER_MERGE);
    for (int head = firstHead; head < endHead; head++) {
      merge(group, rowInGroup, head);
    }
  }

  private void merge(int group, int rowInGroup, int head) {
    MemorySegment memory = scratch.shared();
    int row = schedule.firstRow(group) + rowInGroup;
    int spans = step.position(step.firstToken(rows) + row) / span + 1;
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
