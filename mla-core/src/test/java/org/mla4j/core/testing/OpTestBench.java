package org.mla4j.core.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * Runs single ops: binds values to poisoned memory, fills live rows, runs one kernel, and proves
 * that nothing was written but the live rows of the values that the op writes.
 *
 * <p>Everything not filled is NaN in every float type and -1 as an integer. Values lie at unaligned
 * offsets, with poison before and after. Set up {@link #step()} first: what is live depends on it.
 */
public final class OpTestBench implements Bindings, AutoCloseable {
  private static final byte POISON = (byte) 0xFF;
  private static final long GUARD_BYTES = 68;

  private final TestEngine engine;
  private final CpuContext context;
  private final StepDescription step;
  private final Map<StepValue, MemorySegment> buffers = new HashMap<>();
  private final Map<Stored, MemorySegment> caches = new HashMap<>();

  /** One of the tensors that hold a cache. */
  private record Stored(CacheValue cache, int tensor) {}

  public OpTestBench(StepLimits limits, ParallelFor parallel) {
    this(limits, parallel, false);
  }

  public OpTestBench(StepLimits limits, ParallelFor parallel, boolean deterministic) {
    engine = new TestEngine(limits, parallel, Map.of(), deterministic);
    context = CpuContext.of(engine);
    step = new StepDescription(limits, Arena.ofAuto());
  }

  /** A bench of one thread with room for so many tokens and as many sequences, in blocks of 16. */
  public static OpTestBench tokens(int maxTokens) {
    return new OpTestBench(
        new StepLimits(maxTokens, maxTokens, 1024, 16, 64), TestParallel.sequential());
  }

  /** A step of prefill tokens of one sequence, at positions from 0 on, in blocks from 1 on. */
  public OpTestBench prefillStep(int tokens) {
    step.clear();
    int[] blocks = new int[Math.ceilDiv(tokens, step.limits().blockSize())];
    Arrays.setAll(blocks, i -> i + 1);
    add(Phase.PREFILL, 0, tokens, blocks);
    return this;
  }

  /** Adds a sequence to the step; its token ids are 0. */
  public void add(Phase phase, int context, int tokens, int... blocks) {
    step.addSequence(phase, context, new int[tokens], 0, tokens, blocks, blocks.length);
  }

  public StepDescription step() {
    return step;
  }

  public CpuContext context() {
    return context;
  }

  /** An F32 buffer. */
  public StepValue buffer(String name, Rows rows, long... rowExtents) {
    return StepValue.buffer(name, DType.F32, rows, rowExtents);
  }

  /** An F32 buffer with these live rows. */
  public StepValue filled(String name, Rows rows, float[] live, long... rowExtents) {
    StepValue value = buffer(name, rows, rowExtents);
    fill(value, live);
    return value;
  }

  @Override
  public StepTensor tensor(StepValue value) {
    StepValue root = value.root();
    long[] rowStrides = value.rowStrides();
    long[] strides = new long[rowStrides.length + 1];
    strides[0] = root.rowWidth();
    System.arraycopy(rowStrides, 0, strides, 1, rowStrides.length);
    Shape shape = value.rowShape().prepend(step.limits().max(root.rows()));
    long offset = GUARD_BYTES + value.rowOffset() * value.dtype().byteSize();
    Tensor tensor =
        Tensor.strided(value.dtype(), shape, strides, new HostStorage(buffer(root)), offset);
    return new StepTensor(tensor, value.rows(), root.rows());
  }

  private MemorySegment buffer(StepValue root) {
    return buffers.computeIfAbsent(
        root,
        value ->
            poisoned(
                (long) step.limits().max(value.rows())
                    * value.rowWidth()
                    * value.dtype().byteSize()));
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    CacheSpec spec = value.spec();
    Shape shape =
        value.layout().shape(spec, tensor, step.limits().blocks(), step.limits().blockSize());
    MemorySegment segment =
        caches.computeIfAbsent(
            new Stored(value, tensor), key -> poisoned(shape.elements() * spec.dtype().byteSize()));
    return Tensor.dense(spec.dtype(), shape, new HostStorage(segment), GUARD_BYTES);
  }

  private static MemorySegment poisoned(long bytes) {
    return Arena.ofAuto().allocate(bytes + 2 * GUARD_BYTES, 64).fill(POISON);
  }

  /** Fills the live rows of a float value, its elements row-major. */
  public void fill(StepValue value, float... live) {
    MemorySegment segment = buffer(value.root());
    int[] next = {0};
    eachLive(value, offset -> Cell.put(value.dtype(), segment, offset, live[next[0]++]));
    requireAll(value, next[0], live.length);
  }

  /** Fills the live rows of an I32 value. */
  public void fillInts(StepValue value, int... live) {
    MemorySegment segment = buffer(value.root());
    int[] next = {0};
    eachLive(value, offset -> segment.set(ValueLayout.JAVA_INT_UNALIGNED, offset, live[next[0]++]));
    requireAll(value, next[0], live.length);
  }

  private static void requireAll(StepValue value, int live, int given) {
    if (live != given) {
      throw new IllegalArgumentException(
          given + " elements for " + live + " live ones of " + value);
    }
  }

  /** The live rows of a float value, its elements row-major. */
  public float[] read(StepValue value) {
    MemorySegment segment = buffer(value.root());
    float[] live = new float[step.count(value.rows()) * value.rowWidth()];
    int[] next = {0};
    eachLive(value, offset -> live[next[0]++] = Cell.get(value.dtype(), segment, offset));
    return live;
  }

  /** The live rows of an I32 value. */
  public int[] readInts(StepValue value) {
    MemorySegment segment = buffer(value.root());
    int[] live = new int[step.count(value.rows()) * value.rowWidth()];
    int[] next = {0};
    eachLive(
        value, offset -> live[next[0]++] = segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset));
    return live;
  }

  /** Writes values into consecutive cells of a cache, converted to its type but not scaled. */
  public void fillCache(CacheValue cache, long firstCell, float... values) {
    Tensor tensor = cache(cache);
    for (int i = 0; i < values.length; i++) {
      long offset = tensor.byteOffset() + (firstCell + i) * tensor.dtype().byteSize();
      Cell.put(tensor.dtype(), tensor.segment(), offset, values[i]);
    }
  }

  /** Consecutive cells of a cache, widened but not scaled. */
  public float[] readCache(CacheValue cache, long firstCell, int cells) {
    Tensor tensor = cache(cache);
    float[] values = new float[cells];
    for (int i = 0; i < cells; i++) {
      long offset = tensor.byteOffset() + (firstCell + i) * tensor.dtype().byteSize();
      values[i] = Cell.get(tensor.dtype(), tensor.segment(), offset);
    }
    return values;
  }

  /** All bytes of one of the tensors that hold a cache. */
  public byte[] cacheBytes(CacheValue cache, int tensor) {
    Tensor whole = cache(cache, tensor);
    long bytes = whole.shape().elements() * whole.dtype().byteSize();
    return whole.segment().asSlice(whole.byteOffset(), bytes).toArray(ValueLayout.JAVA_BYTE);
  }

  /**
   * Creates the op's kernel, runs it once and checks that only what the op may write has changed.
   */
  public void run(KernelSet kernels, Op op) {
    try (Kernel kernel = create(kernels, op)) {
      Map<Object, byte[]> before = snapshot();
      kernel.forward(step, Queue.SYNCHRONOUS);
      requireUntouched(op, before);
    }
  }

  /** Creates the op's kernel after asking whether it is supported. */
  public Kernel create(KernelSet kernels, Op op) {
    if (kernels.supports(op) instanceof Support.No(List<String> reasons)) {
      throw new IllegalArgumentException(op.type() + " declined: " + reasons);
    }
    return kernels.create(op, this, context);
  }

  private Map<Object, byte[]> snapshot() {
    Map<Object, byte[]> bytes = new HashMap<>();
    buffers.forEach((value, segment) -> bytes.put(value, segment.toArray(ValueLayout.JAVA_BYTE)));
    caches.forEach((value, segment) -> bytes.put(value, segment.toArray(ValueLayout.JAVA_BYTE)));
    return bytes;
  }

  private void requireUntouched(Op op, Map<Object, byte[]> before) {
    Map<Object, BitSet> allowed = new HashMap<>();
    for (Value written : op.writes()) {
      if (written instanceof StepValue value) {
        BitSet bytes = allowed.computeIfAbsent(value.root(), root -> new BitSet());
        eachLive(value, offset -> bytes.set((int) offset, (int) offset + value.dtype().byteSize()));
      } else if (written instanceof CacheValue value) {
        for (int i = 0; i < value.layout().tensors(value.spec()); i++) {
          BitSet slots = op instanceof CopyBlocks ? copiedSlots(value, i) : mappedSlots(value, i);
          allowed.put(new Stored(value, i), slots);
        }
      }
    }
    buffers.forEach((value, segment) -> requireUntouched(value, segment, before, allowed));
    caches.forEach((part, segment) -> requireUntouched(part, segment, before, allowed));
  }

  private static void requireUntouched(
      Object part, MemorySegment segment, Map<Object, byte[]> before, Map<Object, BitSet> allowed) {
    byte[] now = segment.toArray(ValueLayout.JAVA_BYTE);
    byte[] was = before.get(part);
    BitSet mayChange = allowed.getOrDefault(part, new BitSet());
    for (int i = 0; i < now.length; i++) {
      if (was != null && now[i] != was[i] && !mayChange.get(i)) {
        throw new AssertionError(
            "Byte " + i + " of " + part + " was written, which is not live output.");
      }
    }
  }

  private BitSet mappedSlots(CacheValue value, int tensor) {
    BitSet bytes = new BitSet();
    for (int token = 0; step.hasSlotMapping() && token < step.tokens(); token++) {
      if (step.slot(token) >= 0) {
        allow(value, tensor, step.slot(token), bytes);
      }
    }
    return bytes;
  }

  private BitSet copiedSlots(CacheValue value, int tensor) {
    BitSet bytes = new BitSet();
    for (int copy = 0; copy < step.count(Rows.BLOCK_COPIES); copy++) {
      for (int i = 0; i < step.limits().blockSize(); i++) {
        long slot = (long) step.copyTarget(copy) * step.limits().blockSize() + i;
        allow(value, tensor, slot, bytes);
      }
    }
    return bytes;
  }

  private void allow(CacheValue value, int tensor, long slot, BitSet bytes) {
    CacheSpec spec = value.spec();
    int cell = spec.dtype().byteSize();
    if (spec.format() != CacheSpec.Format.CELLS) {
      int start = Math.toIntExact(GUARD_BYTES + slot * spec.bytesPerToken());
      bytes.set(start, start + Math.toIntExact(spec.bytesPerToken()));
      return;
    }
    boolean whole = value.layout().tensors(spec) == 1;
    for (int part = whole ? 0 : tensor; part < (whole ? spec.parts().size() : tensor + 1); part++) {
      for (int i = 0; i < spec.parts().get(part).width(); i++) {
        long index = value.layout().cell(spec, part, slot, i, step.limits().blockSize());
        int start = Math.toIntExact(GUARD_BYTES + index * cell);
        bytes.set(start, start + cell);
      }
    }
  }

  private void eachLive(StepValue value, LongConsumer offsets) {
    StepTensor tensor = tensor(value);
    long[] extents = value.rowShape().toArray();
    long[] strides = value.rowStrides();
    for (int row = 0; row < tensor.count(step); row++) {
      eachElement(
          extents,
          strides,
          0,
          tensor.offset(step) + row * tensor.rowBytes(),
          value.dtype(),
          offsets);
    }
  }

  private static void eachElement(
      long[] extents, long[] strides, int axis, long offset, DType dtype, LongConsumer offsets) {
    if (axis == extents.length) {
      offsets.accept(offset);
      return;
    }
    for (long i = 0; i < extents[axis]; i++) {
      eachElement(
          extents,
          strides,
          axis + 1,
          offset + i * strides[axis] * dtype.byteSize(),
          dtype,
          offsets);
    }
  }

  @Override
  public void close() {
    context.weights().close();
  }
}
