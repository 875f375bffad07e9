package org.mla4j.core.plugin;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Backends as objects, beside those that a class loader sees: for applications that make their
 * providers themselves, and for tests. Give it to the options that take a {@code pluginLoader}.
 *
 * <p>A provider whose class is found by {@link java.util.ServiceLoader} too counts once, as the
 * object given.
 */
public final class ProviderObjects extends ClassLoader {
  private final List<BackendProvider> providers;

  /**
   * Adds providers to those that a class loader sees.
   *
   * @param parent where all else is looked for
   * @param providers the objects, each of a class of its own
   * @throws InvalidInputException if two are of one class, of which only one would be found
   */
  public ProviderObjects(ClassLoader parent, BackendProvider... providers) {
    super(parent);
    Set<Class<?>> classes = new HashSet<>();
    for (BackendProvider provider : providers) {
      if (!classes.add(provider.getClass())) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Two providers are of class '"
                + provider.getClass().getName()
                + "'; expected each to be of a class of its own.");
      }
    }
    this.providers = List.of(providers);
  }

  /**
   * Returns the objects.
   *
   * @return in the order given
   */
  public List<BackendProvider> providers() {
    return providers;
  }
}
