package org.mla4j.tck.harness;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.tck.reference.CacheModel;
import org.mla4j.tck.reference.StepMemory;

/**
 * The memory around ops. Whatever was not filled is NaN in every float type and -1 as an integer;
 * buffers lie at addresses that are multiples of 4 only, with poison before and after.
 */
public final class Bench implements AutoCloseable {
  /** Bytes of poison before and after each buffer. */
  public static final int GUARD = 68;

  private static final byte POISON = (byte) 0xFF;

  private final Arena arena = Arena.ofShared();
  private final StepDescription step;
  private final Map<StepValue, MemorySegment> buffers = new LinkedHashMap<>();
  private final Map<Stored, MemorySegment> caches = new LinkedHashMap<>();
  private @Nullable Batch batch;
  private final IdentityHashMap<WeightHandle, double[]> weights = new IdentityHashMap<>();
  private boolean emptyCaches;
  private long seed = 1;

  /** One of the tensors that hold a cache. */
  public record Stored(CacheValue cache, int tensor) {}

  public Bench(StepLimits limits) {
    step = new StepDescription(limits, arena);
  }

  public StepDescription step() {
    return step;
  }

  /** The batch described last. */
  public Batch batch() {
    return java.util.Objects.requireNonNull(batch);
  }

  /** Has kernels see caches without blocks. */
  public void emptyCaches() {
    emptyCaches = true;
  }

  /** Decides the random numbers. */
  public void seed(long value) {
    seed = value;
  }

  /** Makes memory for all that ops name. */
  public void bind(Op op) {
    List<Value> values = new ArrayList<>(op.reads());
    values.addAll(op.writes());
    if (op instanceof FusedOp fused) {
      fused.parts().forEach(this::bind);
    }
    for (Value value : values) {
      if (value instanceof StepValue named) {
        buffer(named.root());
      } else if (value instanceof CacheValue cache) {
        for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
          stored(cache, i);
        }
      }
    }
  }

  /** Poisons everything, then describes a step. */
  public void describe(Batch next) {
    buffers.values().forEach(segment -> segment.fill(POISON));
    caches.values().forEach(segment -> segment.fill(POISON));
    batch = next;
    next.describe(step);
  }

  /** What an op may ask for: the values it names, and no others. */
  public Bindings bindings(Op... ops) {
    Set<StepValue> roots = new HashSet<>();
    Set<CacheValue> named = new HashSet<>();
    for (Op op : ops) {
      bind(op);
      List<Value> values = new ArrayList<>(op.reads());
      values.addAll(op.writes());
      for (Value value : values) {
        if (value instanceof StepValue of) {
          roots.add(of.root());
        } else if (value instanceof CacheValue cache) {
          named.add(cache);
        }
      }
    }
    return new Bindings() {
      @Override
      public StepTensor tensor(StepValue value) {
        Failure.unless(
            roots.contains(value.root()),
            () -> "the memory of " + value + " was asked for, which the op does not name");
        return tensorOf(value);
      }

      @Override
      public Tensor cache(CacheValue value, int tensor) {
        Failure.unless(
            named.contains(value),
            () -> "the cache '" + value.name() + "' was asked for, which the op does not name");
        return tensorOf(value, tensor);
      }
    };
  }

  private StepTensor tensorOf(StepValue value) {
    StepValue root = value.root();
    long[] rowStrides = value.rowStrides();
    long[] strides = new long[rowStrides.length + 1];
    strides[0] = root.rowWidth();
    System.arraycopy(rowStrides, 0, strides, 1, rowStrides.length);
    Shape shape = value.rowShape().prepend(step.limits().max(root.rows()));
    long offset = GUARD + value.rowOffset() * value.dtype().byteSize();
    Tensor tensor =
        Tensor.strided(value.dtype(), shape, strides, new HostStorage(buffer(root)), offset);
    return new StepTensor(tensor, value.rows(), root.rows());
  }

  private Tensor tensorOf(CacheValue value, int tensor) {
    CacheSpec spec = value.spec();
    int blocks = emptyCaches ? 0 : step.limits().blocks();
    Shape shape = value.layout().shape(spec, tensor, blocks, step.limits().blockSize());
    return Tensor.dense(spec.dtype(), shape, new HostStorage(stored(value, tensor)), GUARD);
  }

  /** The bytes behind a value, with guards. */
  public MemorySegment buffer(StepValue root) {
    return buffers.computeIfAbsent(
        root,
        value ->
            poisoned(
                (long) step.limits().max(value.rows())
                    * value.rowWidth()
                    * value.dtype().byteSize()));
  }

  private MemorySegment stored(CacheValue value, int tensor) {
    StepLimits limits = step.limits();
    CacheSpec spec = value.spec();
    return caches.computeIfAbsent(
        new Stored(value, tensor),
        key ->
            poisoned(
                value.layout().shape(spec, tensor, limits.blocks(), limits.blockSize()).elements()
                    * spec.dtype().byteSize()));
  }

  private MemorySegment poisoned(long bytes) {
    return arena.allocate(bytes + 2L * GUARD, 64).fill(POISON);
  }

  /** All buffers, guards included. */
  public Map<StepValue, MemorySegment> buffers() {
    return buffers;
  }

  /** All cache tensors, guards included. */
  public Map<Stored, MemorySegment> caches() {
    return caches;
  }

  /** Fills the live rows of a value with normal numbers that depend on whose rows they are. */
  public void random(StepValue value, double deviation) {
    for (int row = 0; row < step.count(value.rows()); row++) {
      long[] whose = whose(value, row);
      fill(
          value,
          row,
          Numbers.normal(
              value.rowWidth(), deviation, seed, value.name().hashCode(), whose[0], whose[1]));
    }
  }

  /** Identity of the sequence and position of a row. */
  public long[] whose(StepValue value, int row) {
    int token =
        switch (value.rows()) {
          case ALL, DECODE, PREFILL -> step.firstToken(value.rows()) + row;
          case LOGITS -> step.logitToken(row);
          case CONTEXT -> -1;
          case BLOCK_COPIES -> row;
        };
    if (token < 0) {
      return new long[] {
        batch().sequences().get(step.contextSequence(row)).id(), step.contextPosition(row)
      };
    }
    int sequence = step.isProfiling() ? -1 : step.sequenceOf(token);
    return sequence < 0
        ? new long[] {-1, token}
        : new long[] {batch().sequences().get(sequence).id(), step.position(token)};
  }

  /** Writes a live row. */
  public void fill(StepValue value, int row, double[] numbers) {
    StepTensor tensor = tensorOf(value);
    int[] elements = StepMemory.elements(value);
    long start =
        tensor.offset(step)
            + row * tensor.rowBytes()
            - value.rowOffset() * value.dtype().byteSize();
    MemorySegment segment = buffer(value.root());
    for (int i = 0; i < numbers.length; i++) {
      Cells.put(
          value.dtype(),
          segment,
          start + (long) elements[i] * value.dtype().byteSize(),
          numbers[i]);
    }
  }

  /** Reads the live rows of a value. */
  public double[][] read(StepValue value) {
    StepMemory memory = model();
    double[][] rows = new double[step.count(value.rows())][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = memory.row(value, row);
    }
    return rows;
  }

  /**
   * Fills the cache rows that tokens of the step see and do not write themselves, or all that they
   * see.
   */
  public void randomCache(CacheValue cache, boolean writtenToo) {
    CacheModel model = live(cache);
    int width = cache.spec().rowWidth();
    for (int i = 0; i < step.sequences(); i++) {
      int context = step.sequenceLength(i) - step.queryLength(i);
      for (int position = 0; position < step.sequenceLength(i); position++) {
        int token = step.queryStart(i) + position - context;
        boolean stays =
            position < context || !step.hasSlotMapping() || step.slot(token) < 0 || writtenToo;
        if (stays) {
          put(
              model,
              slot(i, position),
              cacheRow(cache, batch().sequences().get(i).id(), position, width));
        }
      }
    }
  }

  private double[] cacheRow(CacheValue cache, int id, int position, int width) {
    return Numbers.normal(width, 1, seed, cache.name().hashCode(), id, position);
  }

  /** Writes a row of a cache. */
  public void put(CacheModel model, long slot, double[] row) {
    model.putRow(slot, row);
  }

  public long slot(int sequence, int position) {
    int blockSize = step.limits().blockSize();
    return (long) step.block(sequence, position / blockSize) * blockSize + position % blockSize;
  }

  /** A cache as it lies in memory. */
  public CacheModel live(CacheValue cache) {
    return modelOf(cache, false);
  }

  private CacheModel modelOf(CacheValue cache, boolean copied) {
    List<MemorySegment> tensors = new ArrayList<>();
    for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
      MemorySegment all = stored(cache, i);
      MemorySegment cells = all.asSlice(GUARD, all.byteSize() - 2L * GUARD);
      tensors.add(copied ? MemorySegment.ofArray(cells.toArray(ValueLayout.JAVA_BYTE)) : cells);
    }
    return new CacheModel(cache, step.limits().blockSize(), tensors);
  }

  /** A copy of all numbers, for a reference to work on. */
  public StepMemory model() {
    StepMemory memory = new StepMemory(step, weights);
    buffers.forEach((root, segment) -> memory.bind(root, numbers(root, segment)));
    caches.keySet().stream()
        .map(Stored::cache)
        .distinct()
        .forEach(cache -> memory.bind(cache, modelOf(cache, true)));
    return memory;
  }

  private static double[] numbers(StepValue root, MemorySegment segment) {
    DType dtype = root.dtype();
    int size = dtype.byteSize();
    double[] numbers = new double[Math.toIntExact((segment.byteSize() - 2L * GUARD) / size)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Cells.get(dtype, segment, GUARD + (long) i * size);
    }
    return numbers;
  }

  /** Takes over what a reference computed. */
  public void store(Op op, StepMemory memory) {
    for (Value value : op.writes()) {
      if (value instanceof StepValue named) {
        for (int row = 0; row < step.count(named.rows()); row++) {
          fill(named, row, memory.row(named, row));
        }
      } else if (value instanceof CacheValue cache) {
        CacheModel from = memory.cacheModel(cache);
        for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
          MemorySegment to = stored(cache, i);
          MemorySegment.copy(from.tensor(i), 0, to, GUARD, from.tensor(i).byteSize());
        }
      }
    }
  }

  /** Has references read weights again, whose values have changed. */
  public void forgetWeights() {
    weights.clear();
  }

  /** All bytes as they are now. */
  public Map<Object, byte[]> bytes() {
    Map<Object, byte[]> bytes = new LinkedHashMap<>();
    buffers.forEach((value, segment) -> bytes.put(value, segment.toArray(ValueLayout.JAVA_BYTE)));
    caches.forEach((value, segment) -> bytes.put(value, segment.toArray(ValueLayout.JAVA_BYTE)));
    return bytes;
  }

  /** Puts all bytes back. */
  public void restore(Map<Object, byte[]> bytes) {
    buffers.forEach((value, segment) -> restore(segment, bytes.get(value)));
    caches.forEach((value, segment) -> restore(segment, bytes.get(value)));
  }

  private static void restore(MemorySegment segment, byte @Nullable [] bytes) {
    if (bytes != null) {
      MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
