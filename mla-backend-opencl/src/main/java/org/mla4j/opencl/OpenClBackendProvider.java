package org.mla4j.opencl;

import java.util.stream.Collectors;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.opencl.device.DeviceInfo;
import org.mla4j.opencl.device.Discovery;
import org.mla4j.opencl.device.OpenDevice;

/** The backend {@code opencl}: any device that the OpenCL loader knows. */
public final class OpenClBackendProvider implements BackendProvider {
  private static final String NAME = "opencl";
  private static final int BUILT_FOR_SPI_LEVEL = 1;

  /** Used by {@link java.util.ServiceLoader}. */
  public OpenClBackendProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String version() {
    String version = getClass().getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public int spiLevel() {
    return BUILT_FOR_SPI_LEVEL;
  }

  /** After other plug-ins, as long as kernels are plain; like all plug-ins before {@code cpu}. */
  @Override
  public int priority() {
    return 1;
  }

  @Override
  public Probe probe() {
    return switch (Discovery.look()) {
      case Discovery.Result.Devices found ->
          new Probe.Available(
              found.all().stream()
                  .map(device -> device.id() + " " + device.describe())
                  .collect(Collectors.joining(", ")),
              true);
      case Discovery.Result.Nothing(String reason) -> new Probe.Unavailable(reason);
    };
  }

  /**
   * Opens the backend.
   *
   * @throws org.mla4j.api.error.InvalidInputException if an option is unknown, or names no device
   * @throws BackendException if there is no device any more, or it does not open
   */
  @Override
  public Backend open(EngineContext context) {
    OpenClOptions options = OpenClOptions.of(context.options());
    return switch (Discovery.look()) {
      case Discovery.Result.Devices found -> {
        DeviceInfo chosen = options.choose(found.all());
        OpenDevice device = OpenDevice.open(chosen, context.cacheFolder());
        try {
          yield new OpenClBackend(context, device);
        } catch (RuntimeException | Error e) {
          device.close();
          throw e;
        }
      }
      case Discovery.Result.Nothing(String reason) ->
          throw new BackendException(
              ErrorCode.CREATE_FAILED, "Backend 'opencl' has no device: " + reason + ".");
    };
  }
}
