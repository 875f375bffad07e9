package org.mla4j.models.architecture;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** The architectures found in this process. Immutable. */
public final class Architectures {
  private final Map<String, ArchitectureProvider> providers;

  private Architectures(Map<String, ArchitectureProvider> providers) {
    this.providers = providers;
  }

  /**
   * Finds all architectures that the context class loader of the thread sees, and those of this
   * library.
   *
   * @return the architectures
   * @throws ModelException if two providers know the same one
   */
  public static Architectures discover() {
    Map<String, ArchitectureProvider> providers = new TreeMap<>();
    add(ServiceLoader.load(ArchitectureProvider.class), providers);
    add(
        ServiceLoader.load(ArchitectureProvider.class, Architectures.class.getClassLoader()),
        providers);
    return new Architectures(providers);
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
   * @throws ModelException if the architecture is unknown, or configuration or files are not as
   *     they should be
   */
  public ModelDefinition open(Path folder, ModelConfig config) {
    List<String> wanted = config.strings("architectures");
    String name =
        wanted.stream()
            .filter(providers::containsKey)
            .findFirst()
            .orElseThrow(() ->
                new ModelException(
                    ErrorCode.UNKNOWN_ARCHITECTURE,
                    config.file()
                        + ": unknown architecture "
                        + wanted
                        + "; known are "
                        + String.join(", ", providers.keySet())
                        + "."));
    Checkpoint checkpoint = Checkpoint.open(folder);
    try {
      return providers.get(name).create(name, config, checkpoint);
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  private static void add(
      ServiceLoader<ArchitectureProvider> found, Map<String, ArchitectureProvider> providers) {
    for (ArchitectureProvider provider : found) {
      for (String name : provider.architectures()) {
        ArchitectureProvider before = providers.putIfAbsent(name, provider);
        if (before != null && before.getClass() != provider.getClass()) {
          throw new ModelException(
              ErrorCode.UNKNOWN_ARCHITECTURE,
              "Architecture '"
                  + name
                  + "' is provided twice: by "
                  + before.getClass().getName()
                  + " and "
                  + provider.getClass().getName()
                  + ". Remove one of them.");
        }
      }
    }
  }
}
