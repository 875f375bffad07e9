package org.mla4j.tck.harness;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.Sample;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.tck.harness.Bench.Stored;
import org.mla4j.tck.reference.CacheModel;
import org.mla4j.tck.reference.SampleReference;
import org.mla4j.tck.reference.StepMemory;

/** Holds what a kernel left behind against what its op should leave. */
public final class Comparison {
  /** How near to the edge between two codes a quotient may come to be either. */
  private static final double EDGE = 1e-6;

  private final Bench bench;
  private final StepDescription step;
  private final Op op;
  private final double tolerance;

  public Comparison(Bench bench, Op op, double tolerance) {
    this.bench = bench;
    this.step = bench.step();
    this.op = op;
    this.tolerance = tolerance;
  }

  /** Fails at the first difference. */
  public void require(StepMemory expected, Map<Object, byte[]> before) {
    requireUntouched(expected, before);
    requireResults(expected);
  }

  /** Looks at what the op writes only. */
  public void requireResults(StepMemory expected) {
    StepMemory found = bench.model();
    for (Value value : new LinkedHashSet<>(op.writes())) {
      if (value instanceof StepValue named) {
        requireValue(named, expected, found);
      } else if (value instanceof CacheValue cache) {
        requireCache(cache, expected.cacheModel(cache), found.cacheModel(cache));
      }
    }
  }

  private void requireValue(StepValue value, StepMemory expected, StepMemory found) {
    if (op instanceof MlaAttention attention && !value.equals(attention.out())) {
      return; // may be left rotated or not
    }
    double largest = 0;
    for (int row = 0; row < step.count(value.rows()); row++) {
      for (double number : expected.row(value, row)) {
        largest = Double.isFinite(number) ? Math.max(largest, Math.abs(number)) : largest;
      }
    }
    for (int row = 0; row < step.count(value.rows()); row++) {
      double[] wanted = expected.row(value, row);
      double[] is = found.row(value, row);
      if (op instanceof Sample sample) {
        requireDraw(sample, row, (int) is[0], expected);
      } else if (isUndefined(value, row)) {
        requireFinite(value, row, is);
      } else {
        requireRow(value, row, wanted, is, tolerance * largest);
      }
    }
  }

  private void requireDraw(Sample sample, int row, int found, StepMemory memory) {
    Set<Integer> right =
        SampleReference.draws(memory.row(sample.logits(), row), step.sampling(row), step.draw(row));
    Failure.unless(
        right.contains(found),
        () ->
            "logit row "
                + row
                + " sampled as "
                + step.sampling(row)
                + " with draw "
                + step.draw(row)
                + ": expected token "
                + right
                + ", found "
                + found);
  }

  /** What a token gives that is not written, or sees one that is not. */
  private boolean isUndefined(StepValue value, int row) {
    boolean whole =
        op instanceof LayerCall
            || (op instanceof MlaAttention attention && attention.writesCache());
    if (!whole || step.isProfiling()) {
      return false;
    }
    int token = step.firstToken(value.rows()) + row;
    for (int before = step.queryStart(step.sequenceOf(token)); before <= token; before++) {
      if (step.hasSlotMapping() && step.slot(before) < 0) {
        return true;
      }
    }
    return false;
  }

  private void requireFinite(StepValue value, int row, double[] found) {
    for (int i = 0; i < found.length; i++) {
      double number = found[i];
      int element = i;
      Failure.unless(
          Double.isFinite(number),
          () -> where(value, row, element) + ": expected a finite number, found " + number);
    }
  }

  private void requireRow(
      StepValue value, int row, double[] expected, double[] found, double allowed) {
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - found[i]);
      boolean same =
          expected[i] == found[i] || (Double.isNaN(expected[i]) && Double.isNaN(found[i]));
      if (!same && !(difference <= allowed)) {
        throw new Failure(
            String.format(
                Locale.ROOT,
                "%s: expected %.9g, found %.9g; at most %.3g apart is allowed",
                where(value, row, i),
                expected[i],
                found[i],
                allowed));
      }
    }
  }

  private String where(StepValue value, int row, int element) {
    long[] whose = bench.whose(value, row);
    return value
        + ", row "
        + row
        + " (sequence "
        + whose[0]
        + ", position "
        + whose[1]
        + "), element "
        + element
        + ", batch '"
        + bench.batch()
        + "'";
  }

  private void requireCache(CacheValue cache, CacheModel expected, CacheModel found) {
    if (op instanceof CopyBlocks) {
      requireSameBytes(cache, expected, found);
      return;
    }
    double largest = 0;
    for (double[] row : expected.written().values()) {
      for (double number : row) {
        largest = Math.max(largest, Math.abs(number));
      }
    }
    double allowed = tolerance * largest;
    expected
        .written()
        .forEach((slot, row) -> requireCells(cache, slot, row, expected, found, allowed));
  }

  private static void requireSameBytes(CacheValue cache, CacheModel expected, CacheModel found) {
    for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
      long at = expected.tensor(i).mismatch(found.tensor(i));
      int tensor = i;
      Failure.unless(
          at < 0,
          () -> {
            long bytes = expected.bytesOfBlock(expected.tensor(tensor));
            return "cache '"
                + cache.name()
                + "', tensor "
                + tensor
                + ", block "
                + at / bytes
                + ", byte "
                + at % bytes
                + ": expected "
                + expected.tensor(tensor).get(ValueLayout.JAVA_BYTE, at)
                + ", found "
                + found.tensor(tensor).get(ValueLayout.JAVA_BYTE, at);
          });
    }
  }

  private void requireCells(
      CacheValue cache,
      long slot,
      double[] row,
      CacheModel expected,
      CacheModel found,
      double allowed) {
    boolean dsMla = cache.spec().format() == CacheSpec.Format.FP8_DS_MLA;
    for (int i = 0; i < row.length; i++) {
      double wanted = expected.get(slot, i);
      double is = found.get(slot, i);
      boolean bothNaN = Double.isNaN(wanted) && Double.isNaN(is);
      if (wanted == is || bothNaN) {
        continue;
      }
      double step = allowed + (EDGE * Math.abs(row[i]));
      boolean near =
          (dsMla && i < CacheSpec.DS_MLA_LATENT)
              ? isNear(row[i], is, expected.tileScale(slot, i / 128), step)
              : between(cache.spec(), row[i], is, step);
      if (exact(cache.spec()) || !near) {
        throw new Failure(
            String.format(
                Locale.ROOT,
                "cache '%s' of %s, slot %d, element %d: expected %.9g (%.9g as stored), found %.9g",
                cache.name(),
                cache.spec().dtype(),
                slot,
                i,
                row[i],
                wanted,
                is));
      }
    }
    for (int tile = 0; dsMla && tile < CacheSpec.DS_MLA_LATENT / 128; tile++) {
      float wanted = expected.tileScale(slot, tile);
      float is = found.tileScale(slot, tile);
      if (!(Math.abs(wanted - is) <= (tolerance + EDGE) * wanted)) {
        throw new Failure(
            "cache '"
                + cache.name()
                + "', slot "
                + slot
                + ": scale of tile "
                + tile
                + ": expected "
                + wanted
                + ", found "
                + is);
      }
    }
  }

  /** Of a copy into cells wide enough no rounding can be the reason for a difference. */
  private boolean exact(CacheSpec spec) {
    return tolerance == 0 && spec.dtype() != DType.F8_E4M3;
  }

  private static boolean isNear(double number, double found, float scale, double allowed) {
    double quotient = Math.abs(number / scale);
    double spacing = Math.scalb(1.0, Math.max(Math.getExponent(quotient), -6) - 3);
    return Math.abs(number - found) <= scale * spacing * 0.5001 + allowed;
  }

  /** Whether a stored number is what some number near the wanted one is rounded to. */
  private static boolean between(CacheSpec spec, double number, double found, double allowed) {
    double low = stored(spec, number - allowed);
    double high = stored(spec, number + allowed);
    return low <= found && found <= high;
  }

  private static double stored(CacheSpec spec, double number) {
    return switch (spec.dtype()) {
      case F32 -> (float) number;
      case BF16 ->
          org.mla4j.api.tensor.BFloat16.toFloat(
              org.mla4j.api.tensor.BFloat16.fromFloat((float) number));
      case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) number));
      default ->
          (float)
              ((double) Float8E4M3.toFloat(Float8E4M3.fromFloat((float) (number / spec.scale())))
                  * spec.scale());
    };
  }

  private void requireUntouched(StepMemory expected, Map<Object, byte[]> before) {
    Map<Object, BitSet> allowed = new HashMap<>();
    allow(op, allowed, expected);
    bench.buffers().forEach((value, now) -> requireUntouched(value, now, before, allowed));
    bench.caches().forEach((value, now) -> requireUntouched(value, now, before, allowed));
  }

  private void allow(Op written, Map<Object, BitSet> allowed, StepMemory expected) {
    if (written instanceof FusedOp fused) {
      // Results between the parts may be written or not.
      fused.parts().forEach(part -> allow(part, allowed, expected));
    }
    for (Value value : written.writes()) {
      if (value instanceof StepValue named) {
        allow(named, allowed.computeIfAbsent(named.root(), key -> new BitSet()));
      } else if (value instanceof CacheValue cache) {
        allow(cache, allowed, expected.cacheModel(cache), written instanceof CopyBlocks);
      }
    }
  }

  private void allow(StepValue value, BitSet bytes) {
    int size = value.dtype().byteSize();
    int[] elements = StepMemory.elements(value);
    int width = value.root().rowWidth();
    int skipped =
        value.rows() == value.root().rows()
            ? 0
            : step.firstToken(value.rows()) - step.firstToken(value.root().rows());
    for (int row = skipped; row < skipped + step.count(value.rows()); row++) {
      for (int element : elements) {
        int start = Bench.GUARD + (row * width + element) * size;
        bytes.set(start, start + size);
      }
    }
  }

  private static void allow(
      CacheValue cache, Map<Object, BitSet> allowed, CacheModel model, boolean copied) {
    CacheSpec spec = cache.spec();
    for (int i = 0; i < cache.layout().tensors(spec); i++) {
      BitSet bytes = bytesOf(cache, i, allowed);
      if (copied) {
        // Compared byte for byte as a whole.
        bytes.set(Bench.GUARD, Bench.GUARD + Math.toIntExact(model.tensor(i).byteSize()));
      }
    }
    for (long slot : model.written().keySet()) {
      if (spec.format() != CacheSpec.Format.CELLS) {
        int start = Math.toIntExact(Bench.GUARD + slot * spec.bytesPerToken());
        bytesOf(cache, 0, allowed).set(start, start + Math.toIntExact(spec.bytesPerToken()));
        continue;
      }
      for (int i = 0; i < spec.rowWidth(); i++) {
        long[] place = model.place(slot, i);
        int start = Math.toIntExact(Bench.GUARD + place[1]);
        bytesOf(cache, (int) place[0], allowed).set(start, start + spec.dtype().byteSize());
      }
    }
  }

  private static BitSet bytesOf(CacheValue cache, int tensor, Map<Object, BitSet> allowed) {
    return allowed.computeIfAbsent(new Stored(cache, tensor), key -> new BitSet());
  }

  private void requireUntouched(
      Object part, MemorySegment segment, Map<Object, byte[]> before, Map<Object, BitSet> allowed) {
    byte[] now = segment.toArray(ValueLayout.JAVA_BYTE);
    byte @Nullable [] was = before.get(part);
    if (was == null || Arrays.equals(now, was)) {
      return;
    }
    BitSet mayChange = allowed.getOrDefault(part, new BitSet());
    for (int i = 0; i < now.length; i++) {
      if (now[i] != was[i] && !mayChange.get(i)) {
        throw new Failure(place(part, i) + " was written, which is no live output of the op");
      }
    }
  }

  private String place(Object part, int index) {
    if (part instanceof StepValue value) {
      int element = (index - Bench.GUARD) / value.dtype().byteSize();
      return index < Bench.GUARD
          ? "memory before " + value
          : value
              + ", buffer row "
              + element / value.rowWidth()
              + ", element "
              + element % value.rowWidth()
              + ", batch '"
              + bench.batch()
              + "'";
    }
    Stored stored = (Stored) part;
    long bytes = stored.cache().spec().bytesPerToken();
    return "cache '"
        + stored.cache().name()
        + "', tensor "
        + stored.tensor()
        + ", byte "
        + (index - Bench.GUARD)
        + " (slot "
        + (index - Bench.GUARD) / Math.max(1, bytes)
        + " in row-major order)";
  }
}
