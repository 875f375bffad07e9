package org.mla4j.core.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plugin.PluginFolder;
import org.mla4j.core.plugin.ProviderObjects;

/**
 * The backends found in this process, usable or not, each with what its probe said.
 *
 * <p>A provider that throws while it is found or probed is listed with the reason and never hides
 * another. Threading: immutable.
 */
public final class BackendRegistry {
  /** The name of the bundled backend, which every other falls back to. */
  public static final String CPU = "cpu";

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

  /** A services file with more broken lines than this is not worth reading on. */
  private static final int MAX_BROKEN = 100;

  private final List<FoundBackend> found;

  private BackendRegistry(List<FoundBackend> found) {
    this.found = List.copyOf(found);
  }

  /**
   * Finds and probes all providers that a class loader sees, and those of the boot module layer.
   * Jars that a {@link PluginFolder} had to leave out are listed like broken providers.
   *
   * @param loader where to look; null for the context class loader of the thread
   * @return the registry, possibly empty
   */
  public static BackendRegistry discover(@Nullable ClassLoader loader) {
    ClassLoader given = loader != null ? loader : Thread.currentThread().getContextClassLoader();
    // A container may set a context loader that does not see this library: its own loader always
    // does.
    return discover(given, BackendRegistry.class.getClassLoader());
  }

  /** A provider that was given as an object, as discovery sees it. */
  private record Given(BackendProvider get) implements ServiceLoader.Provider<BackendProvider> {
    @Override
    public Class<? extends BackendProvider> type() {
      return get.getClass();
    }
  }

  static BackendRegistry discover(ClassLoader given, ClassLoader own) {
    List<FoundBackend> found = new ArrayList<>();
    Set<Class<?>> seen = new HashSet<>();
    if (given instanceof ProviderObjects objects) {
      for (BackendProvider provider : objects.providers()) {
        if (seen.add(provider.getClass())) {
          found.add(inspect(new Given(provider)));
        }
      }
    }
    collect(ServiceLoader.load(BackendProvider.class, given), seen, found);
    collect(ServiceLoader.load(BackendProvider.class, own), seen, found);
    if (given instanceof PluginFolder plugins) {
      plugins.unreadable().forEach(jar -> found.add(unreadable(jar)));
    }
    found.sort(
        Comparator.comparingInt(FoundBackend::priority)
            .reversed()
            .thenComparing(FoundBackend::name));
    return new BackendRegistry(found);
  }

  /**
   * Returns all backends.
   *
   * @return by descending priority, broken ones included
   */
  public List<FoundBackend> all() {
    return found;
  }

  /**
   * Returns the usable backends in the order in which {@code auto} asks them.
   *
   * @return by descending priority, {@code cpu} last
   * @throws BackendException if there is no provider at all, or two have one name
   */
  public List<FoundBackend> usable() {
    requireSound();
    return found.stream()
        .filter(FoundBackend::usable)
        .sorted(Comparator.comparing(backend -> backend.name().equals(CPU)))
        .toList();
  }

  /**
   * Returns a backend by name.
   *
   * @param name its name
   * @return a usable backend
   * @throws BackendException if there is none of that name, it is not usable, two have one name, or
   *     there is no provider at all
   */
  public FoundBackend require(String name) {
    requireSound();
    Optional<FoundBackend> named =
        found.stream().filter(backend -> backend.name().equals(name)).findFirst();
    if (named.isEmpty()) {
      throw new BackendException(
          ErrorCode.UNKNOWN_BACKEND,
          "No backend named '"
              + name
              + "'. Available: "
              + listing()
              + ". Add the vendor's jar to the class path or module path, or choose another backend.");
    }
    if (!named.get().usable()) {
      throw new BackendException(
          ErrorCode.BACKEND_UNAVAILABLE,
          "Backend '"
              + name
              + "' ("
              + named.get().source()
              + ") is not usable: "
              + named.get().detail()
              + " Available: "
              + listing()
              + ".");
    }
    return named.get();
  }

  /**
   * Refuses what no choice of backend can mend.
   *
   * @throws BackendException if there is no provider at all, or two have one name
   */
  public void requireSound() {
    if (found.stream().noneMatch(backend -> backend.name().equals(CPU))) {
      throw new BackendException(
          ErrorCode.NO_PROVIDER,
          (found.isEmpty()
                  ? "No backend provider was found, not even the bundled 'cpu'."
                  : "The bundled backend 'cpu' was not found; found were: " + listing() + ".")
              + " If the application is packed into one jar, its META-INF/services files were probably overwritten"
              + " instead of merged: append all files named "
              + BackendProvider.class.getName()
              + " (Maven Shade: ServicesResourceTransformer; Gradle Shadow: mergeServiceFiles()). On the module path,"
              + " resolve the module org.mla4j.core.");
    }
    Map<String, FoundBackend> byName = new HashMap<>();
    for (FoundBackend backend : found) {
      FoundBackend before = backend.provider() == null ? null : byName.put(backend.name(), backend);
      if (before != null) {
        throw new BackendException(
            ErrorCode.DUPLICATE_BACKEND,
            "Two backends are named '"
                + backend.name()
                + "': "
                + before.source()
                + " and "
                + backend.source()
                + ". Remove one of them.");
      }
    }
  }

  private String listing() {
    return found.stream()
        .map(backend ->
            "'"
                + backend.name()
                + "' ("
                + (backend.usable()
                    ? "priority " + backend.priority()
                    : "not usable: " + backend.detail())
                + ")")
        .collect(Collectors.joining(", "));
  }

  private static void collect(
      ServiceLoader<BackendProvider> loader, Set<Class<?>> seen, List<FoundBackend> found) {
    Iterator<ServiceLoader.Provider<BackendProvider>> providers = loader.stream().iterator();
    for (int broken = 0; broken < MAX_BROKEN; ) {
      ServiceLoader.Provider<BackendProvider> provider;
      try {
        if (!providers.hasNext()) {
          return;
        }
        provider = providers.next();
      } catch (ServiceConfigurationError | LinkageError e) {
        broken++;
        FoundBackend report =
            FoundBackend.broken("(unreadable provider)", "services file", reason(e));
        if (found.stream().noneMatch(report::equals)) {
          found.add(report);
        }
        continue;
      }
      if (seen.add(provider.type())) {
        found.add(inspect(provider));
      }
    }
  }

  /**
   * Makes and probes one provider; whatever it throws is its own problem and its own line in the
   * report.
   */
  private static FoundBackend inspect(ServiceLoader.Provider<BackendProvider> entry) {
    Class<? extends BackendProvider> type = entry.type();
    String source = source(type);
    try {
      BackendProvider provider = entry.get();
      String name = provider.name();
      if (name == null || name.equals(EngineOptions.AUTO) || !NAME.matcher(name).matches()) {
        return FoundBackend.broken(
            type.getName(),
            source,
            "its name is '"
                + name
                + "'; expected lower-case letters, digits and hyphens, not 'auto'.");
      }
      int level = provider.spiLevel();
      String problem = levelProblem(level);
      Probe probe =
          problem == null
              ? Objects.requireNonNull(provider.probe(), "probe() returned null")
              : new Probe.Unavailable(problem);
      String version = Objects.requireNonNull(provider.version(), "version() returned null");
      return new FoundBackend(name, version, source, level, provider.priority(), probe, provider);
    } catch (RuntimeException | ServiceConfigurationError | LinkageError e) {
      return FoundBackend.broken(
          type.getName(), source, "threw while it was found or probed: " + reason(e));
    }
  }

  private static FoundBackend unreadable(PluginFolder.UnreadableJar jar) {
    return FoundBackend.broken(
        String.valueOf(jar.file().getFileName()), jar.file().toString(), jar.reason());
  }

  private static @Nullable String levelProblem(int level) {
    if (level > BackendProvider.SPI_LEVEL) {
      return "built for SPI level "
          + level
          + ", newer than level "
          + BackendProvider.SPI_LEVEL
          + " of this version: update MLA4J.";
    }
    if (level < BackendProvider.OLDEST_SPI_LEVEL) {
      return "built for SPI level "
          + level
          + ", older than level "
          + BackendProvider.OLDEST_SPI_LEVEL
          + ", the oldest this version loads: update the backend.";
    }
    return null;
  }

  private static String reason(Throwable e) {
    if (e.getCause() == null) {
      return e.toString();
    }
    Throwable cause = e.getCause();
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return e.getMessage() + ": " + cause;
  }

  private static String source(Class<?> type) {
    var domain = type.getProtectionDomain();
    var code = domain == null ? null : domain.getCodeSource();
    return code == null || code.getLocation() == null
        ? "unknown jar"
        : code.getLocation().getPath();
  }
}
