package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import org.mla4j.api.tensor.DeviceStorage;

/** Memory that nobody but {@link RemoteBackend} reaches. */
final class RemoteStorage implements DeviceStorage {
  /** The name of the device. */
  static final String DEVICE = "remote:0";

  private final MemorySegment segment;

  RemoteStorage(MemorySegment segment) {
    this.segment = segment;
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public String device() {
    return DEVICE;
  }
}
