package org.mla4j.api.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Memory of the host.
 *
 * @param segment the bytes; confined, shared or mapped as its owner chose. It need not be aligned.
 */
public record HostStorage(MemorySegment segment) implements Storage {
  /** The name of the host among the devices. */
  public static final String DEVICE = "host";

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public String device() {
    return DEVICE;
  }
}
