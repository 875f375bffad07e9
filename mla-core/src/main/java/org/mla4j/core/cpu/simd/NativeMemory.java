package org.mla4j.core.cpu.simd;

import java.lang.foreign.MemorySegment;

/**
 * Tells C2 that memory is not on the heap.
 *
 * <p>It would guess from the segments that the Vector API's methods have met in the whole process.
 * Their code for the interpreter meets arrays on the heap, and where C2 expects both, it may not
 * move a vector past another in memory: copying rows of a cache then takes three times as long, or
 * does not, depending on which kernels ran before it was compiled.
 */
public final class NativeMemory {
  private static final Class<? extends MemorySegment> TYPE = MemorySegment.NULL.getClass();

  private NativeMemory() {}

  /**
   * Returns a segment as one of the type that it is. A kernel calls it before its loop.
   *
   * @param segment native or mapped memory; any other works, too, but makes all kernels slower
   * @return the same
   */
  public static MemorySegment of(MemorySegment segment) {
    return TYPE.isInstance(segment) ? TYPE.cast(segment) : segment;
  }
}
