package org.mla4j.opencl.device;

import static org.jocl.CL.CL_DEVICE_DOUBLE_FP_CONFIG;
import static org.jocl.CL.CL_DEVICE_GLOBAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_LOCAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_COMPUTE_UNITS;
import static org.jocl.CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_WORK_GROUP_SIZE;
import static org.jocl.CL.CL_DEVICE_NAME;
import static org.jocl.CL.CL_DEVICE_VERSION;
import static org.jocl.CL.CL_DRIVER_VERSION;
import static org.jocl.CL.CL_PLATFORM_NAME;

import java.nio.charset.StandardCharsets;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * A device with its limits.
 *
 * @param id {@code platform/device}, both counted from 0 as the OpenCL loader lists them
 * @param platform the platform's handle
 * @param device the device's handle
 * @param platformName as the platform calls itself
 * @param name as the device calls itself
 * @param version of OpenCL, as the device states it
 * @param driver version of the driver
 * @param computeUnits how many work-groups run at once
 * @param globalBytes all of its memory
 * @param largestBuffer bytes of the largest single buffer
 * @param localBytes memory that the items of a work-group share
 * @param largestGroup most items of a work-group
 * @param binary64 whether kernels can compute with doubles
 */
public record DeviceInfo(
    String id,
    cl_platform_id platform,
    cl_device_id device,
    String platformName,
    String name,
    String version,
    String driver,
    int computeUnits,
    long globalBytes,
    long largestBuffer,
    long localBytes,
    long largestGroup,
    boolean binary64) {

  static DeviceInfo of(String id, cl_platform_id platform, cl_device_id device) {
    return new DeviceInfo(
        id,
        platform,
        device,
        text(platform),
        text(device, CL_DEVICE_NAME),
        text(device, CL_DEVICE_VERSION),
        text(device, CL_DRIVER_VERSION),
        (int) number(device, CL_DEVICE_MAX_COMPUTE_UNITS),
        number(device, CL_DEVICE_GLOBAL_MEM_SIZE),
        number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        number(device, CL_DEVICE_LOCAL_MEM_SIZE),
        number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE),
        number(device, CL_DEVICE_DOUBLE_FP_CONFIG) != 0);
  }

  private static String text(cl_platform_id platform) {
    long[] size = new long[1];
    CL.clGetPlatformInfo(platform, CL_PLATFORM_NAME, 0, null, size);
    byte[] bytes = new byte[Math.toIntExact(size[0])];
    CL.clGetPlatformInfo(platform, CL_PLATFORM_NAME, bytes.length, Pointer.to(bytes), null);
    return text(bytes);
  }

  private static String text(cl_device_id device, int what) {
    long[] size = new long[1];
    CL.clGetDeviceInfo(device, what, 0, null, size);
    byte[] bytes = new byte[Math.toIntExact(size[0])];
    CL.clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null);
    return text(bytes);
  }

  /** Without the zero at the end. */
  private static String text(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8).strip();
  }

  /** Numbers of 4 or 8 bytes, on machines whose first byte is the lowest. */
  private static long number(cl_device_id device, int what) {
    long[] value = new long[1];
    CL.clGetDeviceInfo(device, what, Long.BYTES, Pointer.to(value), null);
    return value[0];
  }

  /** What tensors on it are said to be on. */
  public String storageName() {
    return "opencl:" + id;
  }

  /** What messages call it. */
  String label() {
    return "OpenCL device " + id + " '" + name + "'";
  }

  /** What {@code mla info} shows. */
  public String describe() {
    return name
        + " ("
        + platformName
        + ", "
        + version
        + ", "
        + computeUnits
        + " compute units, "
        + (globalBytes >> 20)
        + " MiB)";
  }
}
