package org.mla4j.opencl.device;

import static org.jocl.CL.CL_CONTEXT_PLATFORM;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jspecify.annotations.Nullable;
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

  /** Those that are open, in the order in which they were made. */
  private final List<ClKernel> kernels = new ArrayList<>();

  private boolean closed;

  private OpenDevice(DeviceInfo info, Optional<Path> cacheFolder) {
    this.info = info;
    try {
      calls = NativeCalls.open(arena);
      cl_context_properties properties = new cl_context_properties();
      properties.addProperty(CL_CONTEXT_PLATFORM, info.platform());
      context =
          CL.clCreateContext(properties, 1, new cl_device_id[] {info.device()}, null, null, null);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
    handles.created("context");
    try {
      queue = new ClQueue(info, newQueue(info, context));
    } catch (RuntimeException | Error e) {
      CL.clReleaseContext(context);
      arena.close();
      throw e;
    }
    handles.created("queue");
    memory = new ClMemory(info, context, queue, handles);
    programs = new Programs(info, context, handles, cacheFolder);
  }

  @SuppressWarnings("deprecation") // the call that came after it is not in OpenCL 1.2
  private static cl_command_queue newQueue(DeviceInfo info, cl_context context) {
    return CL.clCreateCommandQueue(context, info.device(), 0, null);
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
    ClKernel kernel = new ClKernel(this, name, handle);
    kernels.add(kernel);
    return kernel;
  }

  void release(ClKernel kernel, cl_kernel handle) {
    kernels.remove(kernel);
    CL.clReleaseKernel(handle);
    handles.released("kernel");
  }

  /** How many kernels are open. */
  public int kernels() {
    return kernels.size();
  }

  /**
   * Closes the kernels that were made last, after something that needed them has failed.
   *
   * @param kept how many are left open
   */
  public void closeKernels(int kept) {
    while (kernels.size() > kept) {
      kernels.getLast().close();
    }
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
    BackendException failure = null;
    // First the end of what is running, since it may read host memory that goes with the engine.
    for (Runnable step :
        List.<Runnable>of(
            queue::await,
            memory::close,
            programs::close,
            this::releaseQueue,
            this::releaseContext)) {
      try {
        step.run();
      } catch (RuntimeException e) {
        failure = joined(failure, e);
      }
    }
    arena.close();
    if (failure != null) {
      throw failure;
    }
    if (!handles.open().isEmpty()) {
      throw new BackendException(
          ErrorCode.CLOSE_FAILED,
          info.label() + " was closed with native objects in use: " + handles.open() + ".");
    }
  }

  private BackendException joined(@Nullable BackendException first, RuntimeException next) {
    if (first == null) {
      return new BackendException(
          ErrorCode.CLOSE_FAILED, info.label() + " failed to close: " + next.getMessage(), next);
    }
    first.addSuppressed(next);
    return first;
  }

  private void releaseQueue() {
    CL.clReleaseCommandQueue(queue.handle());
    handles.released("queue");
  }

  private void releaseContext() {
    CL.clReleaseContext(context);
    handles.released("context");
  }
}
