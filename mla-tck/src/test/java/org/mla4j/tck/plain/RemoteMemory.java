package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.tensor.DeviceStorage;

/** The memory of the remote device: every access waits for what was submitted before. */
final class RemoteMemory implements DeviceMemory {
  private final EngineContext engine;
  private final RemoteQueue queue;
  private final Mistakes mistakes;
  private final Map<String, Long> inUse = new ConcurrentHashMap<>();

  RemoteMemory(EngineContext engine, RemoteQueue queue, Mistakes mistakes) {
    this.engine = engine;
    this.queue = queue;
    this.mistakes = mistakes;
  }

  @Override
  public DeviceStorage allocate(String purpose, long bytes) {
    MemorySegment segment = engine.allocate("remote " + purpose, bytes);
    if (mistakes.include(Mistake.DEVICE_MEMORY_NOT_ZEROED)) {
      segment.fill((byte) 1);
    }
    if (!mistakes.include(Mistake.DEVICE_MEMORY_NOT_COUNTED)) {
      inUse.merge(purpose, bytes, Long::sum);
    }
    return new RemoteStorage(segment);
  }

  @Override
  public void read(DeviceStorage from, long offset, MemorySegment to) {
    if (!mistakes.include(Mistake.DEVICE_READ_DOES_NOT_WAIT)) {
      queue.drain();
    }
    to.copyFrom(((RemoteStorage) from).segment().asSlice(offset, to.byteSize()));
  }

  @Override
  public void write(MemorySegment from, DeviceStorage to, long offset) {
    queue.drain();
    ((RemoteStorage) to).segment().asSlice(offset, from.byteSize()).copyFrom(from);
  }

  @Override
  public Map<String, Long> inUse() {
    return Map.copyOf(inUse);
  }
}
