package org.mla4j.core.plan;

import java.util.Optional;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.tensor.HostStorage;

/**
 * An opened backend under the name users know it by.
 *
 * @param name its name
 * @param backend the backend, owned by whoever opened it
 * @param problem why it could not be opened: then every op and layer is declined with this reason
 */
public record OpenBackend(String name, Backend backend, Optional<Throwable> problem) {
  /**
   * Stands for a backend that could not be opened.
   *
   * @param name its name
   * @param problem why
   * @return a backend that declines everything
   */
  public static OpenBackend failed(String name, Throwable problem) {
    return new OpenBackend(name, () -> {}, Optional.of(problem));
  }

  /**
   * Returns what its tensors' place is called in plans: two backends may give their devices one
   * name, but never reach each other's memory.
   *
   * @return {@code host}, or the name of the backend
   */
  public String device() {
    return backend.device().equals(HostStorage.DEVICE) ? HostStorage.DEVICE : name;
  }

  /**
   * Returns the problem in words.
   *
   * @return for lists of reasons
   */
  public String refusal() {
    return "could not be opened: " + problem.map(Throwable::toString).orElse("");
  }
}
