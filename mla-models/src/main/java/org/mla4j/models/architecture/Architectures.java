package org.mla4j.models.architecture;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.plugin.PluginFolder;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * The architectures found in this process.
 *
 * <p>A provider that cannot be loaded hides no other; it is named when an architecture is asked for
 * that nobody knows. Threading: immutable.
 */
public final class Architectures {
  /** A services file with more broken lines than this is not worth reading on. */
  private static final int MAX_BROKEN = 100;

  private final Map<String, List<ArchitectureProvider>> providers = new TreeMap<>();
  private final Set<String> broken = new LinkedHashSet<>();

  private Architectures() {}

  /**
   * Finds all architectures that the context class loader of the thread sees, and those of this
   * library.
   *
   * @return the architectures
   */
  public static Architectures discover() {
    return discover(null);
  }

  /**
   * Finds all architectures that a class loader sees, and those of this library.
   *
   * @param loader where to look; null for the context class loader of the thread
   * @return the architectures
   */
  public static Architectures discover(@Nullable ClassLoader loader) {
    ClassLoader given = loader != null ? loader : Thread.currentThread().getContextClassLoader();
    Architectures architectures = new Architectures();
    Set<Class<?>> seen = new HashSet<>();
    architectures.add(ServiceLoader.load(ArchitectureProvider.class, given), seen);
    // A container may set a context loader that does not see this library.
    ClassLoader own = Architectures.class.getClassLoader();
    architectures.add(ServiceLoader.load(ArchitectureProvider.class, own), seen);
    if (given instanceof PluginFolder plugins) {
      plugins
          .unreadable()
          .forEach(jar -> architectures.broken.add(jar.file() + " " + jar.reason()));
    }
    return architectures;
  }

  /**
   * Returns the names of all architectures.
   *
   * @return sorted
   */
  public List<String> names() {
    return List.copyOf(providers.keySet());
  }

  /**
   * Opens the model in a folder.
   *
   * @param folder holds {@code config.json} and the weights
   * @param config its configuration, read before
   * @return the model, which closes the checkpoint
   * @throws ModelException if the architecture is unknown or provided twice, or configuration or
   *     files are not as they should be
   */
  public ModelDefinition open(Path folder, ModelConfig config) {
    List<String> wanted = config.strings("architectures");
    String name =
        wanted.stream()
            .filter(providers::containsKey)
            .findFirst()
            .orElseThrow(() -> unknown(wanted, config));
    ArchitectureProvider provider = only(name);
    Checkpoint checkpoint = Checkpoint.open(folder);
    try {
      return provider.create(name, config, checkpoint);
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  private ModelException unknown(List<String> wanted, ModelConfig config) {
    return new ModelException(
        ErrorCode.UNKNOWN_ARCHITECTURE,
        config.file()
            + ": unknown architecture "
            + wanted
            + "; known are "
            + String.join(", ", providers.keySet())
            + "."
            + (broken.isEmpty() ? "" : " Not loaded: " + String.join("; ", broken) + "."));
  }

  private ArchitectureProvider only(String name) {
    List<ArchitectureProvider> candidates = providers.getOrDefault(name, List.of());
    if (candidates.size() > 1) {
      throw new ModelException(
          ErrorCode.DUPLICATE_ARCHITECTURE,
          "Architecture '"
              + name
              + "' is provided "
              + candidates.size()
              + " times: by "
              + candidates.stream()
                  .map(provider -> provider.getClass().getName())
                  .sorted()
                  .collect(Collectors.joining(", "))
              + ". Remove all but one.");
    }
    return candidates.get(0);
  }

  private void add(ServiceLoader<ArchitectureProvider> loader, Set<Class<?>> seen) {
    Iterator<ServiceLoader.Provider<ArchitectureProvider>> entries = loader.stream().iterator();
    for (int failures = 0; failures < MAX_BROKEN; ) {
      try {
        if (!entries.hasNext()) {
          return;
        }
        ServiceLoader.Provider<ArchitectureProvider> entry = entries.next();
        if (seen.add(entry.type())) {
          ArchitectureProvider provider = entry.get();
          for (String name : Set.copyOf(provider.architectures())) {
            providers.computeIfAbsent(name, _ -> new ArrayList<>()).add(provider);
          }
        }
      } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
        failures++;
        broken.add(e.toString());
      }
    }
  }
}
