package org.mla4j.api.backend;

/**
 * The descriptor of a backend, found by {@link java.util.ServiceLoader}. Cheap to make and to ask:
 * nothing native is loaded before {@link #probe()}, no device is touched before {@link #open}.
 *
 * <p>A jar declares it twice: {@code provides} in its module descriptor and a file under {@code
 * META-INF/services}; with the module descriptor alone the class path finds nothing.
 */
public interface BackendProvider {
  /** The level of this SPI. It grows when something is added; additions are default methods. */
  int SPI_LEVEL = 1;

  /** The lowest level that this version still loads. */
  int OLDEST_SPI_LEVEL = 1;

  /**
   * Returns the name users choose it by.
   *
   * @return lower-case letters, digits and hyphens, starting with a letter
   */
  String name();

  /**
   * Returns the version of the backend itself.
   *
   * @return for people
   */
  String version();

  /**
   * Returns the level of the SPI it was built for. Return a number, not {@link #SPI_LEVEL}, which
   * the compiler would copy anyway: raise it when you have looked at what was added.
   *
   * @return between the oldest level supported and {@link #SPI_LEVEL}
   */
  int spiLevel();

  /**
   * Returns who goes first when the user names nobody.
   *
   * @return larger goes first; the bundled {@code cpu} has 0
   */
  default int priority() {
    return 10;
  }

  /**
   * Looks for what the backend needs. Not finding it is an answer, not an exception.
   *
   * @return what was found
   */
  Probe probe();

  /**
   * Opens the backend for an engine.
   *
   * @param context what the engine offers
   * @return the opened backend
   */
  Backend open(EngineContext context);
}
