package org.mla4j.opencl.device;

import static org.jocl.CL.CL_PROGRAM_BINARIES;
import static org.jocl.CL.CL_PROGRAM_BINARY_SIZES;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_program;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;

/**
 * The compiled programs of a device. Binaries are kept in the engine's cache folder under the hash
 * of device, driver, source and options; two processes may write one at once, since a file appears
 * there whole or not at all.
 */
final class Programs {
  private static final System.Logger LOG = System.getLogger(Programs.class.getName());

  private final DeviceInfo device;
  private final cl_context context;
  private final Handles handles;
  private final Optional<Path> folder;
  private final Map<String, cl_program> built = new HashMap<>();

  Programs(DeviceInfo device, cl_context context, Handles handles, Optional<Path> folder) {
    this.device = device;
    this.context = context;
    this.handles = handles;
    this.folder = folder.map(path -> path.resolve("opencl"));
  }

  /**
   * Returns a program, built now unless it was before.
   *
   * @param source name of a resource beside this package's kernels, without its ending
   * @param options for the compiler, such as {@code -D WIDTH=4}
   */
  cl_program get(String source, String options) {
    return built.computeIfAbsent(source + " " + options, key -> make(source, options));
  }

  private cl_program make(String source, String options) {
    String text = text(source);
    Optional<Path> file = folder.map(path -> path.resolve(hash(text, options) + ".bin"));
    cl_program loaded = file.map(path -> load(path, options)).orElse(null);
    if (loaded != null) {
      return loaded;
    }
    cl_program program = CL.clCreateProgramWithSource(context, 1, new String[] {text}, null, null);
    handles.created("program");
    build(program, source, options);
    file.ifPresent(path -> keep(program, path));
    return program;
  }

  private void build(cl_program program, String source, String options) {
    try {
      CL.clBuildProgram(program, 1, new cl_device_id[] {device.device()}, options, null, null);
    } catch (CLException e) { // its message holds the compiler's own
      release(program);
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          device.label()
              + " does not compile '"
              + source
              + ".cl' with '"
              + options
              + "': "
              + e.getMessage(),
          e);
    }
  }

  private static String text(String source) {
    try (InputStream stream =
        Programs.class.getResourceAsStream("/org/mla4j/opencl/kernel/" + source + ".cl")) {
      if (stream == null) {
        throw new IllegalArgumentException("No kernel source '" + source + ".cl'.");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String hash(String text, String options) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part :
          new String[] {
            device.platformName(), device.name(), device.version(), device.driver(), options, text
          }) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** A stored binary; null if there is none, or the driver does not want it any more. */
  private @Nullable cl_program load(Path file, String options) {
    byte[] binary;
    try {
      binary = Files.readAllBytes(file);
    } catch (IOException e) {
      return null;
    }
    cl_program program = null;
    try {
      program =
          CL.clCreateProgramWithBinary(
              context,
              1,
              new cl_device_id[] {device.device()},
              new long[] {binary.length},
              new byte[][] {binary},
              new int[1],
              null);
      handles.created("program");
      CL.clBuildProgram(program, 1, new cl_device_id[] {device.device()}, options, null, null);
      return program;
    } catch (CLException e) {
      LOG.log(System.Logger.Level.DEBUG, "Compiled program {0} is not usable: {1}", file, e);
      if (program != null) {
        release(program);
      }
      return null;
    }
  }

  /** Not being able to keep a program costs time at the next start, and nothing else. */
  private static void keep(cl_program program, Path file) {
    try {
      store(program, file);
    } catch (IOException | CLException e) {
      LOG.log(System.Logger.Level.DEBUG, "Compiled program {0} is not kept: {1}", file, e);
    }
  }

  private static void store(cl_program program, Path file) throws IOException {
    long[] size = new long[1];
    CL.clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Long.BYTES, Pointer.to(size), null);
    byte[] binary = new byte[Math.toIntExact(size[0])];
    CL.clGetProgramInfo(
        program, CL_PROGRAM_BINARIES, Long.BYTES, Pointer.to(Pointer.to(binary)), null);
    Files.createDirectories(file.getParent());
    Path part = Files.createTempFile(file.getParent(), "program", ".part");
    try {
      Files.write(part, binary);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void release(cl_program program) {
    CL.clReleaseProgram(program);
    handles.released("program");
  }

  void close() {
    built.values().forEach(this::release);
    built.clear();
  }
}
