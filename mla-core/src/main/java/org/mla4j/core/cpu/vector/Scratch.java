package org.mla4j.core.cpu.vector;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.core.cpu.packed.PackedMatrix;

/**
 * Scratch memory that all vector kernels of one backend share: for each worker a part and a row of
 * weights, and one part for all. Kernels of a backend run one after another, so a model does not
 * pay once per layer.
 *
 * <p>Native rather than arrays: vectors are loaded from it at aligned addresses. What is in it is
 * undefined when a kernel starts. Threading: reserved by the thread that creates kernels; in a
 * parallel loop each worker uses its own part.
 */
final class Scratch {
  private final EngineContext engine;
  private final MemorySegment[] workers;
  private final MemorySegment[] rows;
  private final MatrixWarmUp warmUp;
  private final InputSlot[] slots = {new InputSlot(), new InputSlot()};
  private MemorySegment shared = MemorySegment.NULL;
  private long workerBytes;
  private int nextSlot;
  private final Map<Inputs, WorkerRows> workerRows = new HashMap<>();

  /** How a matrix reads its inputs. */
  private record Inputs(int columns, int paddedColumns, boolean needsSums) {}

  Scratch(EngineContext engine) {
    this.engine = engine;
    warmUp = new MatrixWarmUp(engine);
    workers = new MemorySegment[engine.parallel().threads()];
    rows = new MemorySegment[workers.length];
    Arrays.fill(workers, MemorySegment.NULL);
    Arrays.fill(rows, MemorySegment.NULL);
  }

  /** What warms kernels up that read weights in place. */
  MatrixWarmUp warmUp() {
    return warmUp;
  }

  /** Makes sure that each worker has so much. Called when a kernel is created. */
  void reserve(long bytes) {
    if (bytes <= workerBytes) {
      return;
    }
    workerBytes = bytes;
    for (int worker = 0; worker < workers.length; worker++) {
      workers[worker] = engine.allocate("scratch of vector kernels, worker " + worker, bytes);
    }
  }

  /** Makes sure that each worker's row has so much. Called when a kernel is created. */
  void reserveRow(long bytes) {
    if (bytes <= rows[0].byteSize()) {
      return;
    }
    for (int worker = 0; worker < rows.length; worker++) {
      rows[worker] = engine.allocate("decoded row of weights, worker " + worker, bytes);
    }
  }

  /** Makes sure that there is so much for all workers together. Called when a kernel is created. */
  void reserveShared(long bytes) {
    if (bytes > shared.byteSize()) {
      shared = engine.allocate("scratch of vector kernels", bytes);
    }
  }

  /** The other slot than the last time, with so much memory. Called when a kernel is created. */
  InputSlot nextSlot(long bytes) {
    InputSlot slot = slots[nextSlot];
    nextSlot = (nextSlot + 1) % slots.length;
    if (bytes > slot.memory().byteSize()) {
      slot.place(engine.allocate("interleaved inputs of products", bytes));
    }
    return slot;
  }

  /**
   * Rows for products with a matrix, shared by all kernels whose matrices read their inputs alike:
   * by the layers of a model. Called when a kernel is created.
   */
  WorkerRows workerRows(PackedMatrix matrix) {
    reserve(WorkerRows.SCRATCH_BYTES);
    return workerRows.computeIfAbsent(
        new Inputs(matrix.columns(), matrix.paddedColumns(), matrix.needsSums()),
        inputs -> new WorkerRows(workers.length, matrix));
  }

  /** A worker's part. Ask for it in each task: a kernel created later may have made it longer. */
  MemorySegment of(int worker) {
    return workers[worker];
  }

  /** A worker's row. Ask for it in each task, as for its part. */
  MemorySegment row(int worker) {
    return rows[worker];
  }

  /** The part of all. Ask for it in each step: a kernel created later may have made it longer. */
  MemorySegment shared() {
    return shared;
  }
}
