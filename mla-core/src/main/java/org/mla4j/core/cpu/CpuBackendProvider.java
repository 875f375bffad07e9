package org.mla4j.core.cpu;

import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

/** The bundled backend {@code cpu}: the host's processors, everywhere, without native code. */
public final class CpuBackendProvider implements BackendProvider {
  static final String NAME = "cpu";

  private static final int BUILT_FOR_SPI_LEVEL = 1;

  /** Used by {@link java.util.ServiceLoader}. */
  public CpuBackendProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  /** Returns the version of the jar; {@code development} when there is no jar. */
  @Override
  public String version() {
    return Version.of(getClass());
  }

  @Override
  public int spiLevel() {
    return BUILT_FOR_SPI_LEVEL;
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Probe probe() {
    VectorSupport vector = VectorProbe.probe().support();
    int processors = Runtime.getRuntime().availableProcessors();
    return new Probe.Available(
        processors
            + " processors, "
            + (vector.usable() ? vector.detail() : "scalar kernels only: " + vector.detail()),
        true);
  }

  /**
   * Opens the backend.
   *
   * @throws org.mla4j.api.error.InvalidInputException if an option is unknown or has an unknown
   *     value
   */
  @Override
  public Backend open(EngineContext context) {
    CpuOptions options = CpuOptions.of(context.options());
    return CpuBackend.open(context, options, VectorProbe.probe().support());
  }
}
