package org.mla4j.opencl.device;

import static org.jocl.CL.CL_DEVICE_NOT_FOUND;
import static org.jocl.CL.CL_DEVICE_TYPE_ALL;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * Looks for devices on all platforms. Nothing throws: each thing that is missing has a sentence.
 */
public final class Discovery {
  private static final int PLATFORM_NOT_FOUND = -1001;
  private static final Path VENDORS = Path.of("/etc/OpenCL/vendors");

  private Discovery() {}

  /** What was found. */
  public sealed interface Result {
    /**
     * At least one device.
     *
     * @param all in the order of the loader
     */
    record Devices(List<DeviceInfo> all) implements Result {
      /** Copies the list. */
      public Devices {
        all = List.copyOf(all);
      }
    }

    /**
     * No device.
     *
     * @param reason why, in one sentence
     */
    record Nothing(String reason) implements Result {}
  }

  /**
   * Looks for devices.
   *
   * @return those there are, or why there is none
   */
  public static Result look() {
    try {
      CL.setExceptionsEnabled(true);
      return devices();
    } catch (CLException e) {
      return new Result.Nothing(
          e.getStatus() == PLATFORM_NOT_FOUND
              ? "the OpenCL loader found no platform" + registered(VENDORS)
              : "the OpenCL loader failed: " + e.getMessage());
    } catch (LinkageError e) {
      return new Result.Nothing(unlinked(e));
    } catch (RuntimeException e) {
      return new Result.Nothing("the OpenCL loader failed: " + e);
    }
  }

  /** Why native code could not be reached: the JVM forbids it, or it is not there. */
  private static String unlinked(LinkageError error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof IllegalCallerException || message.contains("native access")) {
        return "the JVM denies native access to JOCL; start it with"
            + " --enable-native-access=jocl,org.mla4j.opencl, or =ALL-UNNAMED on the class path";
      }
    }
    return "no OpenCL loader (libOpenCL) could be loaded: "
        + String.valueOf(error.getMessage()).lines().findFirst().orElse(error.toString());
  }

  private static Result devices() {
    int[] count = new int[1];
    CL.clGetPlatformIDs(0, null, count);
    if (count[0] == 0) {
      return new Result.Nothing("the OpenCL loader found no platform" + registered(VENDORS));
    }
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    CL.clGetPlatformIDs(platforms.length, platforms, null);
    List<DeviceInfo> found = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int platform = 0; platform < platforms.length; platform++) {
      try {
        int[] devices = new int[1];
        CL.clGetDeviceIDs(platforms[platform], CL_DEVICE_TYPE_ALL, 0, null, devices);
        cl_device_id[] ids = new cl_device_id[devices[0]];
        CL.clGetDeviceIDs(platforms[platform], CL_DEVICE_TYPE_ALL, ids.length, ids, null);
        for (int device = 0; device < ids.length; device++) {
          found.add(DeviceInfo.of(platform + "/" + device, platforms[platform], ids[device]));
        }
      } catch (CLException e) {
        problems.add(
            "platform "
                + platform
                + (e.getStatus() == CL_DEVICE_NOT_FOUND
                    ? " has no device"
                    : " failed: " + e.getMessage()));
      }
    }
    return found.isEmpty()
        ? new Result.Nothing("no device on any OpenCL platform: " + String.join("; ", problems))
        : new Result.Devices(found);
  }

  /** The drivers that are registered, of which none could be loaded. */
  static String registered(Path folder) {
    List<String> drivers = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.icd")) {
      for (Path file : files) {
        drivers.add("'" + Files.readString(file).strip() + "' of " + file);
      }
    } catch (IOException e) {
      return ", and no driver is registered in " + folder;
    }
    drivers.sort(String::compareTo);
    return drivers.isEmpty()
        ? ", and no driver is registered in " + folder
        : ": could not load " + String.join(", ", drivers);
  }
}
