package org.mla4j.opencl.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jocl.CLException;

/**
 * The two calls that JOCL cannot make as a step needs them: a transfer that nobody waits for makes
 * JOCL start a thread that does. They go to the same loader, with JOCL's own handles.
 */
@SuppressWarnings("restricted") // a backend that calls C is what native access is granted for
final class NativeCalls {
  private static final int NOT_BLOCKING = 0;

  private final MethodHandle read;
  private final MethodHandle write;

  private NativeCalls(SymbolLookup loader) {
    read = transfer(loader, "clEnqueueReadBuffer");
    write = transfer(loader, "clEnqueueWriteBuffer");
  }

  /**
   * Finds the loader that JOCL has found.
   *
   * @param arena as long as calls are made
   */
  static NativeCalls open(Arena arena) {
    return new NativeCalls(SymbolLookup.libraryLookup(library(), arena));
  }

  private static String library() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (system.contains("mac")) {
      return "/System/Library/Frameworks/OpenCL.framework/OpenCL";
    }
    return system.contains("windows") ? "OpenCL.dll" : "libOpenCL.so.1";
  }

  /** Of queue, buffer, blocking, offset, size, host pointer, and no events. */
  private static MethodHandle transfer(SymbolLookup loader, String name) {
    return Linker.nativeLinker()
        .downcallHandle(
            loader.findOrThrow(name),
            FunctionDescriptor.of(
                JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT,
                ADDRESS, ADDRESS));
  }

  /** Submits a copy to host memory, which must stay where it is until it is done. */
  void read(long queue, long buffer, long offset, long bytes, long host) {
    int status;
    try {
      status =
          (int)
              read.invokeExact(
                  queue,
                  buffer,
                  NOT_BLOCKING,
                  offset,
                  bytes,
                  host,
                  0,
                  MemorySegment.NULL,
                  MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException(e); // a call of C throws nothing
    }
    require(status, "clEnqueueReadBuffer");
  }

  /** Submits a copy from host memory, which must stay as it is until it is done. */
  void write(long queue, long buffer, long offset, long bytes, long host) {
    int status;
    try {
      status =
          (int)
              write.invokeExact(
                  queue,
                  buffer,
                  NOT_BLOCKING,
                  offset,
                  bytes,
                  host,
                  0,
                  MemorySegment.NULL,
                  MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException(e); // a call of C throws nothing
    }
    require(status, "clEnqueueWriteBuffer");
  }

  private static void require(int status, String call) {
    if (status != 0) {
      throw new CLException(call + " returned " + org.jocl.CL.stringFor_errorCode(status), status);
    }
  }
}
