package org.mla4j.core.cpu.kernel;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.backend.EngineContext;

/**
 * Buffers for what kernels keep from one parallel loop of theirs to the next. Kernels of a backend
 * run one after another, so that all share them.
 *
 * <p>Threading: the thread that creates kernels.
 */
public final class SharedBuffers {
  private final EngineContext engine;
  private final List<MemorySegment> buffers = new ArrayList<>();

  SharedBuffers(EngineContext engine) {
    this.engine = engine;
  }

  /**
   * Returns a buffer.
   *
   * @param index which; from 0 on, at most one more than asked for before
   * @param bytes how much is needed of it
   * @return at least so much; what is in it is undefined when a kernel starts
   */
  public MemorySegment get(int index, long bytes) {
    if (index == buffers.size()) {
      buffers.add(MemorySegment.NULL);
    }
    if (buffers.get(index).byteSize() < bytes) {
      // Kernels that have the smaller one keep it: it lives as long as the backend.
      buffers.set(index, engine.allocate("values between the parts of fused ops", bytes));
    }
    return buffers.get(index);
  }
}
