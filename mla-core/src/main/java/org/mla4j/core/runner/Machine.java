package org.mla4j.core.runner;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.core.execution.PreparedPlan;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.parallel.WorkerPool;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.StepPlan;
import org.mla4j.core.planner.Planner;
import org.mla4j.core.registry.BackendRegistry;
import org.mla4j.core.registry.FoundBackend;

/**
 * What an engine computes on: threads, memory and opened backends. Closing it closes them in the
 * right order.
 */
final class Machine implements AutoCloseable {
  private final StepLimits limits;
  private final EngineOptions options;
  private final Arena arena = Arena.ofShared();
  private final MemoryLedger ledger = new MemoryLedger();
  private final WorkerPool pool;
  private final List<OpenBackend> backends = new ArrayList<>();
  private final BackendRegistry registry;
  private volatile boolean closed;

  private Machine(BackendRegistry registry, StepLimits limits, EngineOptions options, String name) {
    this.registry = registry;
    this.limits = limits;
    this.options = options;
    this.pool = new WorkerPool(name, options.threads());
  }

  static Machine open(
      BackendRegistry registry, StepLimits limits, EngineOptions options, String name) {
    registry.requireSound(); // before anything is said to be missing that only was not found
    requireKnown(registry, options);
    Machine machine = new Machine(registry, limits, options, name);
    try {
      if (options.backend().equals(EngineOptions.AUTO)) {
        machine.openAll(registry);
      } else {
        machine.openNamed(registry);
      }
      return machine;
    } catch (RuntimeException | Error e) {
      machine.closeAfter(e);
      throw e;
    }
  }

  /** An option of a backend that there is not would be dropped in silence. */
  private static void requireKnown(BackendRegistry registry, EngineOptions options) {
    List<String> known = registry.all().stream().map(FoundBackend::name).toList();
    // Sorted, so that of several unknown names always the same one is reported.
    for (String key : new TreeSet<>(options.backendOptions().keySet())) {
      String name = key.substring(0, key.indexOf(':'));
      if (!known.contains(name)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Option backendOptions: '"
                + key
                + "' is of a backend that was not found; found "
                + String.join(", ", known)
                + ".");
      }
    }
  }

  StepLimits limits() {
    return limits;
  }

  Arena arena() {
    return arena;
  }

  Map<String, Long> memory() {
    Map<String, Long> bytes = ledger.byPurpose();
    if (closed) {
      return bytes;
    }
    for (OpenBackend backend : backends) {
      backend
          .backend()
          .memory()
          .ifPresent(device ->
              device
                  .inUse()
                  .forEach((purpose, used) ->
                      bytes.put(backend.device() + " device: " + purpose, used)));
    }
    return bytes;
  }

  /** The backends that are installed but had no say in a plan. */
  NotConsulted notConsulted() {
    return new NotConsulted(registry.all(), backends, options);
  }

  StepPlan plan(ModelDefinition model) {
    return Planner.plan(model, backends, options, limits);
  }

  PreparedPlan prepare(ModelDefinition model) {
    return PreparedPlan.of(
        plan(model),
        limits,
        (purpose, bytes) -> ledger.allocate(arena, purpose, bytes),
        options.execution(),
        options.progress());
  }

  /**
   * Auto: every usable backend; one that does not open is passed over, with its reason in every
   * explanation.
   */
  private void openAll(BackendRegistry registry) {
    for (FoundBackend found : registry.usable()) {
      backends.add(tryOpen(found));
    }
    for (String pinned : options.ops().backends()) {
      registry.require(pinned);
    }
    requireOpened(options.ops().backends());
  }

  /** Named: that backend, those that op lists name, and {@code cpu} for what they do not have. */
  private void openNamed(BackendRegistry registry) {
    Set<String> names = new LinkedHashSet<>(List.of(options.backend()));
    names.addAll(options.ops().backends());
    names.remove(BackendRegistry.CPU);
    for (String name : names) {
      backends.add(tryOpen(registry.require(name)));
    }
    backends.add(tryOpen(registry.require(BackendRegistry.CPU)));
    requireOpened(List.copyOf(names));
  }

  private OpenBackend tryOpen(FoundBackend found) {
    BackendProvider provider = Objects.requireNonNull(found.provider());
    BackendContext context = new BackendContext(found.name(), limits, pool, options, arena, ledger);
    try {
      requireDeterministic(found);
      Backend opened =
          Objects.requireNonNull(
              provider.open(context), "open() returned null; expected a backend");
      return requireReachable(new OpenBackend(found.name(), opened, Optional.empty()));
    } catch (MlaException e) {
      if (found.name().equals(BackendRegistry.CPU) || found.name().equals(options.backend())) {
        throw e; // says already what was given and expected
      }
      return OpenBackend.failed(found.name(), e);
    } catch (RuntimeException | LinkageError e) {
      return OpenBackend.failed(found.name(), e);
    }
  }

  /** A device is of use if values can be laid out in its memory, and copied there and back. */
  private static OpenBackend requireReachable(OpenBackend opened) {
    try {
      requireReachable(opened.name(), opened.backend());
      return opened;
    } catch (RuntimeException | Error e) {
      try {
        opened.backend().close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private static void requireReachable(String name, Backend backend) {
    boolean onHost = backend.device().equals(HostStorage.DEVICE);
    String lacks = "";
    if (onHost == backend.memory().isPresent()) {
      lacks = onHost ? "has memory of its own" : "has no memory of its own";
    } else if (!onHost && !backend.ops().contains(CopyTo.TYPE)) {
      lacks = "has no op '" + CopyTo.TYPE + "'";
    }
    if (!lacks.isEmpty()) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '"
              + name
              + "' computes on device '"
              + backend.device()
              + "' and "
              + lacks
              + "; expected memory and '"
              + CopyTo.TYPE
              + "' of a device other than the host, and no memory otherwise.");
    }
  }

  private void requireDeterministic(FoundBackend found) {
    if (options.deterministic() && !found.deterministic()) {
      throw new BackendException(
          ErrorCode.NOT_DETERMINISTIC,
          "Backend '"
              + found.name()
              + "' does not claim deterministic results, which option deterministic asks for; expected"
              + " a backend that does, such as 'cpu'.");
    }
  }

  private void requireOpened(List<String> names) {
    for (OpenBackend backend : backends) {
      boolean required =
          names.contains(backend.name()) || backend.name().equals(BackendRegistry.CPU);
      if (required && backend.problem().isPresent()) {
        Throwable cause = backend.problem().get();
        throw new BackendException(
            ErrorCode.CREATE_FAILED,
            "Backend '" + backend.name() + "' could not be opened: " + cause + ".",
            cause);
      }
    }
  }

  void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Closes every backend even if one fails, then ends the threads and frees the memory. */
  @Override
  public void close() {
    BackendException first = null;
    closed = true;
    try {
      for (OpenBackend backend : backends) {
        try {
          backend.backend().close();
        } catch (Throwable e) {
          BackendException failure =
              new BackendException(
                  ErrorCode.CLOSE_FAILED,
                  "Backend '" + backend.name() + "' failed to close: " + e,
                  e);
          if (first == null) {
            first = failure;
          } else {
            first.addSuppressed(failure);
          }
        }
      }
    } finally {
      pool.close();
      arena.close();
      ledger.clear();
    }
    if (first != null) {
      throw first;
    }
  }
}
