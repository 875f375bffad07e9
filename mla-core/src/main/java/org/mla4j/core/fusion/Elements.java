package org.mla4j.core.fusion;

import java.util.BitSet;
import java.util.HashMap;
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

  /** Whether all elements that two values share are also those of a third. */
  boolean covers(Value cover, Value a, Value b) {
    if (!(cover instanceof StepValue of
        && a instanceof StepValue left
        && b instanceof StepValue right)) {
      return overlap(cover, a);
    }
    if (!sameBuffer(of, left) || !sharedRowsWithin(of.rows(), left.rows(), right.rows())) {
      return false;
    }
    BitSet missing = (BitSet) of(left).clone();
    missing.and(of(right));
    missing.andNot(of(of));
    return missing.isEmpty();
  }

  private static boolean sharedRowsWithin(Rows cover, Rows a, Rows b) {
    Rows shared = a == Rows.ALL ? b : a;
    return cover == Rows.ALL || cover == shared;
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
    // The innermost axis of a dense value is a range; others are walked.
    add(extents, strides, 0, value.rowOffset(), elements);
    return elements;
  }

  private static void add(long[] extents, long[] strides, int axis, long offset, BitSet elements) {
    if (axis == extents.length) {
      elements.set(Math.toIntExact(offset));
    } else if (axis == extents.length - 1 && strides[axis] == 1) {
      elements.set(Math.toIntExact(offset), Math.toIntExact(offset + extents[axis]));
    } else {
      for (long i = 0; i < extents[axis]; i++) {
        add(extents, strides, axis + 1, offset + i * strides[axis], elements);
      }
    }
  }
}
