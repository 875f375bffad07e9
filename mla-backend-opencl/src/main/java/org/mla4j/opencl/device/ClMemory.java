package org.mla4j.opencl.device;

import static org.jocl.CL.CL_MEM_READ_WRITE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_context;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DeviceStorage;

/** The buffers of a device, by purpose. */
public final class ClMemory implements DeviceMemory {
  /** Bytes that pass through host memory at once, on their way to or from the device. */
  private static final long STAGED = 4 << 20;

  /** Fills and copies of whole words, whatever the size asked for. */
  private static final long ROUNDED = 64;

  private final DeviceInfo device;
  private final cl_context context;
  private final ClQueue queue;
  private final Handles handles;
  private final List<ClBuffer> buffers = new ArrayList<>();
  private final Map<String, Long> inUse = new LinkedHashMap<>();

  ClMemory(DeviceInfo device, cl_context context, ClQueue queue, Handles handles) {
    this.device = device;
    this.context = context;
    this.queue = queue;
    this.handles = handles;
  }

  @Override
  public ClBuffer allocate(String purpose, long bytes) {
    long size = Math.ceilDiv(bytes, ROUNDED) * ROUNDED;
    if (size > device.largestBuffer()) {
      throw outOfMemory(
          purpose, bytes, "the device's buffers have at most " + device.largestBuffer(), null);
    }
    cl_mem handle = null;
    try {
      handle = CL.clCreateBuffer(context, CL_MEM_READ_WRITE, size, null, null);
      handles.created("buffer");
      // Only now does a device take the memory: most promise more than they have.
      CL.clEnqueueFillBuffer(
          queue.handle(), handle, Pointer.to(new int[1]), Integer.BYTES, 0, size, 0, null, null);
      CL.clFinish(queue.handle());
    } catch (CLException e) {
      if (handle != null) {
        CL.clReleaseMemObject(handle);
        handles.released("buffer");
      }
      throw outOfMemory(purpose, bytes, String.valueOf(e.getMessage()), e);
    }
    ClBuffer buffer = new ClBuffer(device.storageName(), handle, size);
    buffers.add(buffer);
    synchronized (inUse) {
      inUse.merge(purpose, size, Long::sum);
    }
    return buffer;
  }

  private BackendException outOfMemory(
      String purpose, long bytes, String why, @Nullable Throwable cause) {
    String users =
        inUse().entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .limit(5)
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    return new BackendException(
        ErrorCode.CREATE_FAILED,
        device.label()
            + ": "
            + bytes
            + " bytes wanted for "
            + purpose
            + " of "
            + device.globalBytes()
            + " in all, in use "
            + (users.isEmpty() ? "none" : users)
            + ": "
            + why
            + ".",
        cause);
  }

  @Override
  public void read(DeviceStorage from, long offset, MemorySegment to) {
    requireInside(from, offset, to.byteSize());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment staged = arena.allocate(Math.max(1, Math.min(STAGED, to.byteSize())), 64);
      Pointer pointer = Pointer.to(staged.asByteBuffer());
      for (long done = 0; done < to.byteSize(); done += STAGED) {
        long part = Math.min(STAGED, to.byteSize() - done);
        CL.clEnqueueReadBuffer(
            queue.handle(),
            ((ClBuffer) from).handle(),
            true,
            offset + done,
            part,
            pointer,
            0,
            null,
            null);
        MemorySegment.copy(staged, 0, to, done, part);
      }
    } catch (CLException e) {
      throw failed("reading", to.byteSize(), e);
    }
  }

  @Override
  public void write(MemorySegment from, DeviceStorage to, long offset) {
    requireInside(to, offset, from.byteSize());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment staged = arena.allocate(Math.max(1, Math.min(STAGED, from.byteSize())), 64);
      Pointer pointer = Pointer.to(staged.asByteBuffer());
      for (long done = 0; done < from.byteSize(); done += STAGED) {
        long part = Math.min(STAGED, from.byteSize() - done);
        MemorySegment.copy(from, done, staged, 0, part);
        CL.clEnqueueWriteBuffer(
            queue.handle(),
            ((ClBuffer) to).handle(),
            true,
            offset + done,
            part,
            pointer,
            0,
            null,
            null);
      }
    } catch (CLException e) {
      throw failed("writing", from.byteSize(), e);
    }
  }

  private void requireInside(DeviceStorage storage, long offset, long bytes) {
    boolean ours = storage instanceof ClBuffer buffer && buffers.contains(buffer);
    if (!ours || offset < 0 || offset > storage.byteSize() - bytes) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          device.label()
              + ": "
              + bytes
              + " bytes at "
              + offset
              + " of a storage of "
              + storage.byteSize()
              + " bytes on '"
              + storage.device()
              + "'; expected bytes inside of a storage of this device.");
    }
  }

  private BackendException failed(String what, long bytes, CLException e) {
    return new BackendException(
        ErrorCode.FORWARD_FAILED,
        device.label() + ", " + what + " " + bytes + " bytes: " + e.getMessage() + ".",
        e);
  }

  @Override
  public Map<String, Long> inUse() {
    synchronized (inUse) {
      return new LinkedHashMap<>(inUse);
    }
  }

  /** Gives all buffers back. */
  void close() {
    for (ClBuffer buffer : buffers) {
      CL.clReleaseMemObject(buffer.handle());
      handles.released("buffer");
    }
    buffers.clear();
    synchronized (inUse) {
      inUse.clear();
    }
  }
}
