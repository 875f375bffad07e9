package org.mla4j.core.runner;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.registry.BackendRegistry;
import org.mla4j.core.registry.FoundBackend;

/**
 * The backends that are installed but had no say in a plan: whoever installed one wants to know.
 */
final class NotConsulted {
  private static final Logger LOG = System.getLogger(NotConsulted.class.getName());

  private final List<FoundBackend> found;
  private final List<OpenBackend> opened;
  private final EngineOptions options;

  /**
   * @param found all that are installed
   * @param opened those that were opened
   * @param options what the user chose
   */
  NotConsulted(List<FoundBackend> found, List<OpenBackend> opened, EngineOptions options) {
    this.found = found;
    this.opened = opened;
    this.options = options;
  }

  /** Who they are, and why. */
  List<Declined> explain(Set<String> consulted) {
    return silent(consulted).stream()
        .map(each -> new Declined(each.name(), "plan", List.of(why(each))))
        .toList();
  }

  /**
   * Warns of those that could have been used. A user who named a backend, or switched off all that
   * one has, knows.
   */
  void warn(Set<String> consulted, String model) {
    if (!options.backend().equals(EngineOptions.AUTO)) {
      return;
    }
    for (FoundBackend each : silent(consulted)) {
      if (each.usable() && !isSwitchedOff(each)) {
        LOG.log(
            Level.WARNING,
            "Backend ''{0}'' ({1}) is installed, but was not consulted about model ''{2}'': {3}.",
            each.name(),
            each.source(),
            model,
            why(each));
      }
    }
  }

  private List<FoundBackend> silent(Set<String> consulted) {
    List<FoundBackend> silent = new ArrayList<>();
    for (FoundBackend each : found) {
      if (!each.name().equals(BackendRegistry.CPU) && !consulted.contains(each.name())) {
        silent.add(each);
      }
    }
    return silent;
  }

  private String why(FoundBackend each) {
    if (!each.usable()) {
      return each.detail();
    }
    return open(each)
        .map(backend ->
            backend
                .problem()
                .map(problem -> "could not be opened: " + problem)
                .orElse("has no op or layer of this plan that was not switched off"))
        .orElse("option backend names '" + options.backend() + "'");
  }

  private boolean isSwitchedOff(FoundBackend each) {
    Set<String> ops =
        open(each)
            .filter(backend -> backend.problem().isEmpty())
            .map(backend -> backend.backend().ops())
            .orElse(Set.of());
    if (ops.isEmpty()) {
      return options.ops().layerBackend().isPresent() || options.ops().planBackend().isPresent();
    }
    return ops.stream().noneMatch(op -> isLeftTo(each.name(), op));
  }

  private boolean isLeftTo(String backend, String op) {
    Optional<String> pinned = options.ops().pinned(op);
    return pinned.map(backend::equals).orElseGet(() -> options.ops().enabled(op));
  }

  private Optional<OpenBackend> open(FoundBackend each) {
    return opened.stream().filter(backend -> backend.name().equals(each.name())).findFirst();
  }
}
