package org.mla4j.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.cpu.vector.VectorKernels;
import org.mla4j.core.parallel.WorkerPool;

/**
 * The least engine in which kernels of the {@code cpu} backend run: memory filled with numbers of
 * ordinary size, threads, and one step.
 */
final class KernelBench implements EngineContext, Bindings, AutoCloseable {
  private static final int BLOCK_SIZE = 64;

  private final SplittableRandom random = new SplittableRandom(1);
  private final Arena arena = Arena.ofShared();
  private final StepLimits limits;
  private final WorkerPool pool;
  private final KernelSet kernels;
  private final CpuContext context;
  private final StepDescription step;
  private final Map<StepValue, Tensor> tensors = new HashMap<>();
  private final Map<CacheValue, Tensor> caches = new HashMap<>();

  /**
   * Makes an engine.
   *
   * @param kernels {@code scalar} or {@code vector}
   * @param threads how many threads
   * @param maxTokens tokens in the largest step
   * @param maxLength tokens of the longest sequence
   */
  KernelBench(String kernels, int threads, int maxTokens, int maxLength) {
    limits = new StepLimits(maxTokens, 1, maxLength, BLOCK_SIZE, maxLength / BLOCK_SIZE + 2);
    pool = new WorkerPool("bench", threads);
    this.kernels =
        switch (kernels) {
          case "scalar" -> new ScalarKernels();
          case "vector" -> new VectorKernels();
          default -> throw new IllegalArgumentException("Kernels '" + kernels + "'");
        };
    context = CpuContext.of(this);
    step = new StepDescription(limits, arena);
  }

  /** Makes the step one sequence with so many new tokens after so many in the cache. */
  void fillStep(Phase phase, int cached, int tokens) {
    int[] blocks = new int[limits.blocksPerSequence()];
    Arrays.setAll(blocks, i -> i + 1);
    int used = Math.ceilDiv(cached + tokens, BLOCK_SIZE);
    step.clear();
    step.addSequence(phase, cached, new int[tokens], 0, tokens, blocks, used);
  }

  /** Creates a kernel. */
  Kernel create(Op op) {
    return kernels.create(op, this, context);
  }

  /** Runs a kernel on the step. */
  void run(Kernel kernel) {
    kernel.forward(step, Queue.SYNCHRONOUS);
  }

  /** A weight of random numbers. */
  WeightHandle weight(DType dtype, long... extents) {
    return new BenchWeight(filled(dtype, Shape.of(extents)));
  }

  @Override
  public StepTensor tensor(StepValue value) {
    Tensor tensor =
        tensors.computeIfAbsent(
            value, key -> filled(key.dtype(), key.rowShape().prepend(limits.max(key.rows()))));
    return new StepTensor(tensor, value.rows(), value.rows());
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return caches.computeIfAbsent(
        value,
        key -> filled(key.spec().dtype(), key.spec().shape(limits.blocks(), limits.blockSize())));
  }

  private Tensor filled(DType dtype, Shape shape) {
    long elements = shape.elements();
    MemorySegment segment = arena.allocate(elements * dtype.byteSize(), 64);
    for (long i = 0; i < elements; i++) {
      float value = (float) random.nextDouble(-1, 1);
      switch (dtype) {
        case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        case BF16 -> segment.setAtIndex(ValueLayout.JAVA_SHORT, i, BFloat16.fromFloat(value));
        default -> throw new IllegalArgumentException("Elements of type " + dtype);
      }
    }
    return Tensor.dense(dtype, shape, segment);
  }

  @Override
  public StepLimits limits() {
    return limits;
  }

  @Override
  public ParallelFor parallel() {
    return pool;
  }

  @Override
  public boolean deterministic() {
    return false;
  }

  @Override
  public Map<String, String> options() {
    return Map.of();
  }

  @Override
  public Optional<Path> cacheFolder() {
    return Optional.empty();
  }

  @Override
  public ProgressListener progress() {
    return ProgressListener.NONE;
  }

  @Override
  public MemorySegment allocate(String purpose, long bytes) {
    return arena.allocate(bytes, 64);
  }

  @Override
  public void close() {
    context.weights().close();
    pool.close();
    arena.close();
  }
}
