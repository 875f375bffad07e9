package org.mla4j.tck.harness;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.tck.reference.StepMemory;

/**
 * What an op left behind, to the bit: live rows by whose they are, and cache rows by sequence and
 * position.
 */
public final class Results {
  private final Map<String, long[]> rows;

  private Results(Map<String, long[]> rows) {
    this.rows = rows;
  }

  /** Takes what is in the memory of a bench now. */
  public static Results of(Bench bench, Op op) {
    Map<String, long[]> rows = new LinkedHashMap<>();
    StepDescription step = bench.step();
    StepMemory memory = bench.model();
    for (Value value : new LinkedHashSet<>(op.writes())) {
      if (value instanceof StepValue named && isDefined(op, named)) {
        for (int row = 0; row < step.count(named.rows()); row++) {
          long[] whose = bench.whose(named, row);
          rows.put(
              named + " of sequence " + whose[0] + ", position " + whose[1],
              bits(named.dtype(), memory.row(named, row)));
        }
      } else if (value instanceof CacheValue cache && !(op instanceof CopyBlocks)) {
        cacheRows(bench, cache, memory, rows);
      }
    }
    return new Results(rows);
  }

  /** Inputs that an attention op may leave rotated or not say nothing. */
  private static boolean isDefined(Op op, StepValue value) {
    return !(op instanceof MlaAttention attention) || value.equals(attention.out());
  }

  private static void cacheRows(
      Bench bench, CacheValue cache, StepMemory memory, Map<String, long[]> rows) {
    StepDescription step = bench.step();
    for (int i = 0; i < step.sequences(); i++) {
      int context = step.sequenceLength(i) - step.queryLength(i);
      for (int position = context; position < step.sequenceLength(i); position++) {
        int token = step.queryStart(i) + position - context;
        if (step.hasSlotMapping() && step.slot(token) >= 0) {
          rows.put(
              "cache '"
                  + cache.name()
                  + "' of sequence "
                  + bench.batch().sequences().get(i).id()
                  + ", position "
                  + position,
              bits(DType.F32, memory.cacheModel(cache).decode(step.slot(token))));
        }
      }
    }
  }

  private static long[] bits(DType dtype, double[] numbers) {
    return dtype.isFloat()
        ? Arrays.stream(numbers).mapToLong(number -> Float.floatToIntBits((float) number)).toArray()
        : Arrays.stream(numbers).mapToLong(number -> (long) number).toArray();
  }

  /** Fails unless every row that both have is the same. */
  public void require(Results other, String when) {
    rows.forEach((row, bits) -> {
      long[] others = other.rows.get(row);
      if (others != null && !Arrays.equals(bits, others)) {
        int at = Arrays.mismatch(bits, others);
        throw new Failure(
            row
                + ", element "
                + at
                + ": expected "
                + Float.intBitsToFloat((int) others[at])
                + ", found "
                + Float.intBitsToFloat((int) bits[at])
                + " "
                + when);
      }
    });
  }
}
