package org.mla4j.opencl.device;

import static org.jocl.CL.CL_CONTEXT_PLATFORM;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;

/** A device in use: its context, its queue, its memory and its programs. */
public final class OpenDevice implements AutoCloseable {
  private final DeviceInfo info;
  private final Handles handles = new Handles();
  private final cl_context context;
  private final ClQueue queue;
  private final ClMemory memory;
  private final Programs programs;
  private final Arena arena = Arena.ofShared();
  private final NativeCalls calls;
  private boolean closed;

  @SuppressWarnings("deprecation") // the call that came after it is not in OpenCL 1.2
  private OpenDevice(DeviceInfo info, Optional<Path> cacheFolder) {
    this.info = info;
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL_CONTEXT_PLATFORM, info.platform());
    context =
        CL.clCreateContext(properties, 1, new cl_device_id[] {info.device()}, null, null, null);
    handles.created("context");
    cl_command_queue made = CL.clCreateCommandQueue(context, info.device(), 0, null);
    handles.created("queue");
    queue = new ClQueue(info, made);
    memory = new ClMemory(info, context, queue, handles);
    programs = new Programs(info, context, handles, cacheFolder);
    calls = NativeCalls.open(arena);
  }

  /**
   * Takes a device into use.
   *
   * @param info the device
   * @param cacheFolder where compiled programs are kept; empty to keep none
   * @return to be closed
   */
  public static OpenDevice open(DeviceInfo info, Optional<Path> cacheFolder) {
    CL.setExceptionsEnabled(true);
    return new OpenDevice(info, cacheFolder);
  }

  /** The device and its limits. */
  public DeviceInfo info() {
    return info;
  }

  /** Where its work is submitted. */
  public ClQueue queue() {
    return queue;
  }

  NativeCalls calls() {
    return calls;
  }

  /** Its memory. */
  public ClMemory memory() {
    return memory;
  }

  /**
   * Makes a kernel.
   *
   * @param source name of a kernel source, without its ending
   * @param options for the compiler
   * @param name of the kernel in it
   * @return to be closed
   */
  public ClKernel kernel(String source, String options, String name) {
    cl_kernel handle = CL.clCreateKernel(programs.get(source, options), name, null);
    handles.created("kernel");
    return new ClKernel(this, name, handle);
  }

  void release(cl_kernel kernel) {
    CL.clReleaseKernel(kernel);
    handles.released("kernel");
  }

  /** Native objects that are not released, by kind. */
  public Map<String, Integer> handles() {
    return handles.open();
  }

  /** Releases everything; kernels must be closed before. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    memory.close();
    programs.close();
    CL.clReleaseCommandQueue(queue.handle());
    handles.released("queue");
    CL.clReleaseContext(context);
    handles.released("context");
    arena.close();
    if (!handles.open().isEmpty()) {
      throw new BackendException(
          ErrorCode.CLOSE_FAILED,
          info.label() + " was closed with native objects in use: " + handles.open() + ".");
    }
  }
}
