package org.mla4j.tck.reference;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.mla4j.api.op.ReferenceData;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** The values around an op as numbers in binary64, each rounded to its type when it is written. */
public final class StepMemory implements ReferenceData {
  private final StepDescription step;
  private final Map<StepValue, double[]> buffers = new HashMap<>();
  private final Map<StepValue, View> views = new HashMap<>();
  private final Map<CacheValue, CacheModel> caches = new HashMap<>();
  private final IdentityHashMap<WeightHandle, double[]> weights;

  /** Where the elements of a row of a value lie in a row of its root. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record View(double[] buffer, int rowWidth, int[] elements) {}

  /**
   * Makes an empty memory.
   *
   * @param step which rows are live
   */
  public StepMemory(StepDescription step) {
    this(step, new IdentityHashMap<>());
  }

  /**
   * Makes an empty memory that knows some weights already.
   *
   * @param step which rows are live
   * @param weights by identity; takes those that are read
   */
  public StepMemory(StepDescription step, IdentityHashMap<WeightHandle, double[]> weights) {
    this.step = step;
    this.weights = weights;
  }

  /**
   * Gives the numbers of a buffer.
   *
   * @param root a value that is no view
   * @param numbers all its rows, row-major
   */
  public void bind(StepValue root, double[] numbers) {
    buffers.put(root, numbers);
  }

  /**
   * Gives a cache.
   *
   * @param cache the value
   * @param model its bytes
   */
  public void bind(CacheValue cache, CacheModel model) {
    caches.put(cache, model);
  }

  /**
   * Returns a cache.
   *
   * @param cache the value
   * @return its bytes
   */
  public CacheModel cacheModel(CacheValue cache) {
    CacheModel model = caches.get(cache);
    if (model == null) {
      throw new IllegalArgumentException("Cache '" + cache.name() + "' is not bound.");
    }
    return model;
  }

  @Override
  public StepDescription step() {
    return step;
  }

  /**
   * Returns how many rows of a value are live.
   *
   * @param value the value
   * @return rows
   */
  public int rows(StepValue value) {
    return step.count(value.rows());
  }

  /**
   * Returns the token of a row.
   *
   * @param value a value with a row per token
   * @param row a live row
   * @return index of the token in the step
   */
  public int token(StepValue value, int row) {
    return step.firstToken(value.rows()) + row;
  }

  @Override
  public double get(StepValue value, int row, int element) {
    View view = view(value);
    return view.buffer[base(value, view, row) + view.elements[element]];
  }

  @Override
  public void set(StepValue value, int row, int element, double number) {
    View view = view(value);
    view.buffer[base(value, view, row) + view.elements[element]] = round(value.dtype(), number);
  }

  /**
   * Reads a row.
   *
   * @param value the value
   * @param row a live row
   * @return a copy of its elements
   */
  public double[] row(StepValue value, int row) {
    View view = view(value);
    int base = base(value, view, row);
    double[] numbers = new double[view.elements.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = view.buffer[base + view.elements[i]];
    }
    return numbers;
  }

  /**
   * Writes a row.
   *
   * @param value the value
   * @param row a live row
   * @param numbers its elements
   */
  public void setRow(StepValue value, int row, double[] numbers) {
    View view = view(value);
    int base = base(value, view, row);
    for (int i = 0; i < numbers.length; i++) {
      view.buffer[base + view.elements[i]] = round(value.dtype(), numbers[i]);
    }
  }

  @Override
  public double weight(WeightHandle weight, long index) {
    return weights(weight)[Math.toIntExact(index)];
  }

  /**
   * Reads a weight.
   *
   * @param weight the weight
   * @return all its elements, dequantised, row-major; not to be changed
   */
  public double[] weights(WeightHandle weight) {
    return weights.computeIfAbsent(weight, WeightNumbers::of);
  }

  @Override
  public double cached(CacheValue cache, long slot, int element) {
    return cacheModel(cache).get(slot, element);
  }

  @Override
  public void cache(CacheValue cache, long slot, int element, double number) {
    cacheModel(cache).put(slot, element, number);
  }

  /**
   * Returns the slot of a position.
   *
   * @param sequence index in the step
   * @param position below the length of the sequence
   * @return the cache row
   */
  public long slot(int sequence, int position) {
    int blockSize = step.limits().blockSize();
    return (long) step.block(sequence, position / blockSize) * blockSize + position % blockSize;
  }

  /** Rounds as a store to a type does. */
  private static double round(DType dtype, double number) {
    return switch (dtype) {
      case F32 -> (float) number;
      case BF16 -> BFloat16.toFloat(BFloat16.fromFloat((float) number));
      case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) number));
      default -> number;
    };
  }

  private int base(StepValue value, View view, int row) {
    StepValue root = value.root();
    int skipped =
        value.rows() == root.rows()
            ? 0
            : step.firstToken(value.rows()) - step.firstToken(root.rows());
    return (row + skipped) * view.rowWidth;
  }

  private View view(StepValue value) {
    return views.computeIfAbsent(value, this::viewOf);
  }

  private View viewOf(StepValue value) {
    double[] buffer = buffers.get(value.root());
    if (buffer == null) {
      throw new IllegalArgumentException("Value '" + value.name() + "' is not bound.");
    }
    return new View(buffer, value.root().rowWidth(), elements(value));
  }

  /**
   * Returns where the elements of a row lie in a row of the value's root.
   *
   * @param value the value
   * @return for each element, row-major, its index in the root's row
   */
  public static int[] elements(StepValue value) {
    long[] extents = value.rowShape().toArray();
    long[] strides = value.rowStrides();
    int[] places = new int[value.rowWidth()];
    for (int i = 0; i < places.length; i++) {
      long rest = i;
      long place = value.rowOffset();
      for (int axis = extents.length - 1; axis >= 0; axis--) {
        place += rest % extents[axis] * strides[axis];
        rest /= extents[axis];
      }
      places[i] = Math.toIntExact(place);
    }
    return places;
  }
}
