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
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.parallel.WorkerPool;

/**
 * The least engine in which kernels of the {@code cpu} backend run: memory filled with numbers of
 * ordinary size, threads, and one step.
 */
final class KernelBench implements EngineContext, Bindings, AutoCloseable {
  private static final int BLOCK_SIZE = 64;

  /** Groups of 128 latent elements that share a scale. */
  private static final int DS_MLA_GROUPS = 4;

  private final Arena arena = Arena.ofShared();
  private final StepLimits limits;
  private final WorkerPool pool;
  private final Map<String, String> options;
  private final Backend backend;
  private final StepDescription step;
  private final Map<StepValue, Tensor> tensors = new HashMap<>();
  private final Map<CacheValue, Tensor> caches = new HashMap<>();

  /**
   * Makes an engine.
   *
   * @param kernels {@code scalar}, or {@code vector} for the best there are
   * @param threads how many threads
   * @param maxTokens tokens in the largest step
   * @param maxLength tokens of the longest sequence
   */
  KernelBench(String kernels, int threads, int maxTokens, int maxLength) {
    limits = new StepLimits(maxTokens, 1, maxLength, BLOCK_SIZE, maxLength / BLOCK_SIZE + 2);
    pool = new WorkerPool("bench", threads);
    options =
        switch (kernels) {
          case "scalar" -> Map.of("vector", "off");
          case "vector" -> Map.of();
          default -> throw new IllegalArgumentException("Kernels '" + kernels + "'");
        };
    backend = new CpuBackendProvider().open(this);
    step = new StepDescription(limits, arena);
  }

  /** The step, for what a benchmark wants of it beyond one sequence. */
  StepDescription step() {
    return step;
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
    return backend.create(op, this);
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

  /** Gives a buffer of F32 elements numbers of its own. */
  void shuffle(StepValue value, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemorySegment segment = tensor(value).tensor().segment();
    for (long i = 0; i < segment.byteSize() / Float.BYTES; i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
  }

  @Override
  public Tensor cache(CacheValue value, int tensor) {
    return caches.computeIfAbsent(
        value,
        key -> {
          CacheSpec spec = key.spec();
          Tensor rows = filled(spec.dtype(), spec.shape(limits.blocks(), limits.blockSize()));
          if (spec.format() == CacheSpec.Format.FP8_DS_MLA) {
            scale(rows.segment());
          }
          return rows;
        });
  }

  /** Gives rows of {@code fp8_ds_mla} scales of 1; their rotary elements may be any bits. */
  private static void scale(MemorySegment rows) {
    for (long row = 0; row < rows.byteSize(); row += CacheSpec.DS_MLA_BYTES) {
      for (int group = 0; group < DS_MLA_GROUPS; group++) {
        long at = row + CacheSpec.DS_MLA_LATENT + (long) group * Float.BYTES;
        rows.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, 1);
      }
    }
  }

  private Tensor filled(DType dtype, Shape shape) {
    MemorySegment segment = arena.allocate(dtype.byteCount(shape.elements()), 64);
    RandomElements.fill(dtype, segment);
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
    return options;
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
    backend.close();
    pool.close();
    arena.close();
  }
}
