package org.mla4j.opencl;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.opencl.device.DeviceInfo;

/**
 * What a user may set.
 *
 * @param device {@code platform/device} as {@code mla info} lists them; empty for the first
 */
record OpenClOptions(Optional<String> device) {
  static OpenClOptions of(Map<String, String> options) {
    for (String name : options.keySet()) {
      if (!name.equals("device")) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Option '" + name + "' of the backend 'opencl'; expected device.");
      }
    }
    return new OpenClOptions(Optional.ofNullable(options.get("device")));
  }

  DeviceInfo choose(List<DeviceInfo> found) {
    if (device.isEmpty()) {
      return found.getFirst();
    }
    return found.stream()
        .filter(info -> info.id().equals(device.get()))
        .findFirst()
        .orElseThrow(() ->
            new InvalidInputException(
                ErrorCode.INVALID_REQUEST,
                "Option opencl:device is '"
                    + device.get()
                    + "'; found "
                    + found.stream()
                        .map(info -> info.id() + " '" + info.name() + "'")
                        .collect(Collectors.joining(", "))
                    + "."));
  }
}
