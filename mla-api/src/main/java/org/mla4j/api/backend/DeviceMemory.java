package org.mla4j.api.backend;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.mla4j.api.tensor.DeviceStorage;

/**
 * The memory of a backend's device, in which an engine lays out the values and caches that the
 * backend's kernels work on.
 *
 * <p>Nothing but the backend's own kernels and {@code copy_to} touches it while a step runs; {@link
 * #read} and {@link #write} are for what comes before and after, and for those who look at values.
 *
 * <p>Threading: as the backend.
 */
public interface DeviceMemory {
  /**
   * Allocates zeroed memory of the device that lives until the backend is closed, and accounts for
   * it.
   *
   * @param purpose what it is for, shown in reports
   * @param bytes how much, at least 1
   * @return the memory, in which every element of 4 bytes or fewer can be reached wherever its
   *     offset is a multiple of its size
   * @throws org.mla4j.api.error.MlaException if the device has not that much: says what was wanted
   *     and what is in use
   */
  DeviceStorage allocate(String purpose, long bytes);

  /**
   * Copies to the host, after all work submitted so far, and waits for it.
   *
   * @param from memory of this device
   * @param offset bytes from its start
   * @param to as many bytes as are wanted; need not be aligned
   */
  void read(DeviceStorage from, long offset, MemorySegment to);

  /**
   * Copies from the host, after all work submitted so far, and waits for it.
   *
   * @param from the bytes; need not be aligned
   * @param to memory of this device
   * @param offset bytes from its start
   */
  void write(MemorySegment from, DeviceStorage to, long offset);

  /**
   * Tells how much memory of the device is in use: what was allocated here, and what the backend
   * itself holds, such as weights. May be called by any thread until the backend is closed.
   *
   * @return purpose to bytes
   */
  Map<String, Long> inUse();
}
