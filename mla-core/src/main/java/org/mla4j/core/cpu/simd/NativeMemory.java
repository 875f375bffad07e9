package org.mla4j.core.cpu.simd;

import java.lang.foreign.MemorySegment;

/**
 * Tells C2 that memory is not on the heap.
 *
 * <p>Otherwise C2 judges by the segments that the methods of the Vector API have met so far, in all
 * kernels together. Until a kernel is compiled, some of these methods use arrays on the heap
 * themselves. Where C2 has to expect both, it keeps vectors in memory in order, one by one: reading
 * rows of a cache then takes three times as long, or not, as the order in which kernels became warm
 * will have it.
 */
public final class NativeMemory {
  private static final Class<? extends MemorySegment> TYPE = MemorySegment.NULL.getClass();

  private NativeMemory() {}

  /**
   * Returns a segment as one of the type that it has. To be called before a loop of vectors, in the
   * same method.
   *
   * @param segment native memory or a mapped file; a segment of an array works, too, but once there
   *     was one, kernels that are compiled later gain nothing
   * @return that segment
   */
  public static MemorySegment of(MemorySegment segment) {
    return TYPE.isInstance(segment) ? TYPE.cast(segment) : segment;
  }
}
