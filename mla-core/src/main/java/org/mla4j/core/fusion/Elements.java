package org.mla4j.core.fusion;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * Tells values that share memory apart, to the element: the rotary part of a query and the part
 * without rope lie in one buffer and have no element in common.
 */
final class Elements {
  private final Map<StepValue, BitSet> known = new HashMap<>();

  /** Whether two values have an element in common. Inputs of a step are never written. */
  boolean overlap(Value a, Value b) {
    return switch (a) {
      case StepValue left -> b instanceof StepValue right && overlap(left, right);
      case CacheValue left -> b instanceof CacheValue right && left.name().equals(right.name());
      case InputValue _ -> false;
    };
  }

  private boolean overlap(StepValue a, StepValue b) {
    return sameBuffer(a, b) && shareRows(a.rows(), b.rows()) && of(a).intersects(of(b));
  }

  /** Whether every element of a value is one of others. */
  boolean within(Value value, List<? extends Value> others) {
    if (!(value instanceof StepValue whole)) {
      return others.stream().anyMatch(other -> overlap(value, other));
    }
    Missing missing = missing(whole);
    others.forEach(missing::take);
    return missing.isEmpty();
  }

  /** The elements of a value, of each half of its rows, to be taken away one value at a time. */
  Missing missing(StepValue value) {
    return new Missing(value);
  }

  /** What is left of a value. */
  final class Missing {
    private final StepValue whole;
    private final Map<Rows, BitSet> left = new EnumMap<>(Rows.class);

    private Missing(StepValue whole) {
      this.whole = whole;
      for (Rows half : halves(whole.rows())) {
        left.put(half, (BitSet) of(whole).clone());
      }
    }

    boolean isEmpty() {
      return left.values().stream().allMatch(BitSet::isEmpty);
    }

    /** Takes a value's elements away; tells what of it was still there. */
    Missing take(Value taken) {
      Missing found = new Missing(whole);
      found.left.values().forEach(BitSet::clear);
      if (taken instanceof StepValue value && sameBuffer(value, whole)) {
        for (Rows half : halves(value.rows())) {
          BitSet here = left.get(half);
          if (here != null) {
            BitSet hit = (BitSet) here.clone();
            hit.and(of(value));
            here.andNot(hit);
            found.left.put(half, hit);
          }
        }
      }
      return found;
    }

    private static List<Rows> halves(Rows rows) {
      return rows == Rows.ALL ? List.of(Rows.DECODE, Rows.PREFILL) : List.of(rows);
    }
  }

  private static boolean sameBuffer(StepValue a, StepValue b) {
    return a.root().name().equals(b.root().name());
  }

  private static boolean shareRows(Rows a, Rows b) {
    return a == b || a == Rows.ALL || b == Rows.ALL;
  }

  /** The elements of a value within a row of its buffer. */
  private BitSet of(StepValue value) {
    return known.computeIfAbsent(value, Elements::enumerate);
  }

  private static BitSet enumerate(StepValue value) {
    BitSet elements = new BitSet();
    long[] extents = value.rowShape().toArray();
    long[] strides = value.rowStrides();
    add(extents, strides, 0, value.rowOffset(), elements);
    return elements;
  }

  private static void add(long[] extents, long[] strides, int axis, long offset, BitSet elements) {
    if (axis == extents.length) {
      elements.set(Math.toIntExact(offset));
    } else if (axis == extents.length - 1 && strides[axis] == 1) {
      // The innermost axis of nearly all values is a range.
      elements.set(Math.toIntExact(offset), Math.toIntExact(offset + extents[axis]));
    } else {
      for (long i = 0; i < extents[axis]; i++) {
        add(extents, strides, axis + 1, offset + i * strides[axis], elements);
      }
    }
  }
}
