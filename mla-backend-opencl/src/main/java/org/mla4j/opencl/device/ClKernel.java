package org.mla4j.opencl.device;

import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;

/**
 * A kernel with its arguments. Setting a number and submitting make no objects: what JOCL is handed
 * was made before.
 */
public final class ClKernel implements AutoCloseable {
  private static final int MOST_ARGUMENTS = 48;

  private final OpenDevice device;
  private final String name;
  private final cl_kernel handle;
  private final int[] ints = new int[1];
  private final Pointer intPointer = Pointer.to(ints);
  private final long[] longs = new long[1];
  private final Pointer longPointer = Pointer.to(longs);
  private final float[] floats = new float[1];
  private final Pointer floatPointer = Pointer.to(floats);
  private final long[] global = new long[2];
  private final long[] local = new long[2];
  private boolean closed;
  private int next;

  ClKernel(OpenDevice device, String name, cl_kernel handle) {
    this.device = device;
    this.name = name;
    this.handle = handle;
  }

  /** Sets the next argument to a buffer. */
  public ClKernel buffer(ClBuffer buffer) {
    CL.clSetKernelArg(handle, next(), Sizeof.cl_mem, buffer.argument());
    return this;
  }

  /** Sets the next argument to a number. */
  public ClKernel integer(int value) {
    integer(next(), value);
    return this;
  }

  /** Sets the next argument to a number. */
  public ClKernel number(float value) {
    floats[0] = value;
    CL.clSetKernelArg(handle, next(), Float.BYTES, floatPointer);
    return this;
  }

  /** Sets the next argument to a large number; returns its index, for {@link #set}. */
  public int offset(long value) {
    int index = next();
    set(index, value);
    return index;
  }

  /** Sets the next argument to a number; returns its index, for {@link #integer(int, int)}. */
  public int integerAt(int value) {
    int index = next();
    integer(index, value);
    return index;
  }

  private int next() {
    if (next == MOST_ARGUMENTS) {
      throw new IllegalStateException("Kernel '" + name + "' has no argument " + next + ".");
    }
    return next++;
  }

  /** Changes an argument. */
  public void integer(int index, int value) {
    ints[0] = value;
    CL.clSetKernelArg(handle, index, Integer.BYTES, intPointer);
  }

  /** Changes an argument. */
  public void set(int index, long value) {
    longs[0] = value;
    CL.clSetKernelArg(handle, index, Long.BYTES, longPointer);
  }

  /**
   * Submits it, unless there are no items.
   *
   * @param width items along the first axis, a multiple of {@code groupWidth}
   * @param height items along the second axis
   * @param groupWidth items of a work-group, all along the first axis
   */
  public void submit(long width, long height, long groupWidth) {
    if (width == 0 || height == 0) {
      return; // not allowed before OpenCL 2.1
    }
    global[0] = width;
    global[1] = height;
    local[0] = groupWidth;
    local[1] = 1;
    try {
      CL.clEnqueueNDRangeKernel(
          device.queue().handle(), handle, 2, null, global, local, 0, null, null);
    } catch (CLException e) {
      throw new BackendException(
          ErrorCode.FORWARD_FAILED,
          device.info().label() + ", kernel '" + name + "': " + e.getMessage() + ".",
          e);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.release(this, handle);
    }
  }
}
