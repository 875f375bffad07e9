package org.mla4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.opencl.device.DeviceInfo;

class OpenClOptionsTest {
  private static final List<DeviceInfo> FOUND = List.of(device("0/0", "one"), device("1/0", "two"));

  @Test
  void theFirstDeviceIsTakenUnlessOneIsNamed() {
    assertEquals("one", OpenClOptions.of(Map.of()).choose(FOUND).name());
    assertEquals("two", OpenClOptions.of(Map.of("device", "1/0")).choose(FOUND).name());
  }

  @Test
  void aDeviceThatIsNotThereIsRefused() {
    OpenClOptions options = OpenClOptions.of(Map.of("device", "2/0"));
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> options.choose(FOUND));
    assertEquals(
        "Option opencl:device is '2/0'; found 0/0 'one', 1/0 'two'. [MLA-0401]", e.getMessage());
  }

  @Test
  void anUnknownOptionIsRefused() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> OpenClOptions.of(Map.of("devise", "0/0")));
    assertEquals(
        "Option 'devise' of the backend 'opencl'; expected device. [MLA-0401]", e.getMessage());
  }

  private static DeviceInfo device(String id, String name) {
    return new DeviceInfo(
        id, new cl_platform_id(), new cl_device_id(), "p", name, "v", "d", 1, 1, 1, 1, 1, true);
  }
}
