package org.mla4j.core.planner;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Op;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.options.OpChoice;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.registry.BackendRegistry;

/**
 * The opened backends in the order in which they are asked, and what the user's choice leaves of
 * them.
 *
 * <p>With {@code auto} all are asked by priority, {@code cpu} last; with a named backend that one,
 * {@code cpu}, and whoever an op is pinned to.
 */
final class Candidates {
  private final List<OpenBackend> backends;
  private final String named;
  private final OpChoice ops;
  private final CacheOwners owners;
  private final Set<String> consulted = new HashSet<>();

  /**
   * @param backends the opened backends in the order in which they are asked, {@code cpu} last
   * @param options what the user chose
   * @param owners which caches stay on the host
   * @throws InvalidInputException if the op list names an op of a backend that there is not
   */
  Candidates(List<OpenBackend> backends, EngineOptions options, CacheOwners owners) {
    this.owners = owners;
    this.backends = List.copyOf(backends);
    this.named = options.backend();
    this.ops = options.ops();
    ops.vendorOps().forEach(this::requireKnown);
  }

  private void requireKnown(String vendorOp) {
    Set<String> known = new HashSet<>();
    backends.forEach(backend -> known.addAll(backend.backend().ops()));
    if (!known.contains(vendorOp)) {
      throw new InvalidInputException(
          ErrorCode.OP_CHOICE,
          "Op list '"
              + ops
              + "' names the op '"
              + vendorOp
              + "', which no opened backend has; opened are "
              + backends.stream().map(OpenBackend::name).collect(Collectors.joining(", "))
              + ".");
    }
  }

  List<OpenBackend> all() {
    return backends;
  }

  /** Whether one is asked before another. */
  boolean isBefore(OpenBackend one, OpenBackend other) {
    return backends.indexOf(one) < backends.indexOf(other);
  }

  /** Whether the user's choice leaves a backend for something that may be pinned. */
  boolean mayBeAsked(OpenBackend candidate, Optional<String> pinned) {
    return named.equals(EngineOptions.AUTO)
        || isNamed(candidate)
        || isCpu(candidate)
        || pinned.filter(candidate.name()::equals).isPresent();
  }

  /** Those that work, may be asked for a type of op, and have it. */
  List<OpenBackend> having(String opType) {
    Optional<String> pinned = ops.pinned(opType);
    return backends.stream()
        .filter(candidate -> mayBeAsked(candidate, pinned))
        .filter(candidate -> candidate.problem().isEmpty())
        .filter(candidate -> candidate.backend().ops().contains(opType))
        .toList();
  }

  boolean isNamed(OpenBackend candidate) {
    return candidate.name().equals(named);
  }

  static boolean isCpu(OpenBackend candidate) {
    return candidate.name().equals(BackendRegistry.CPU);
  }

  /** Why a backend does not run an op or a layer that it has; empty if it does. */
  List<String> ask(OpenBackend candidate, Op op) {
    consult(candidate);
    return owners
        .refusal(candidate, op)
        .map(List::of)
        .orElseGet(() -> Question.supports(candidate, op));
  }

  /** Notes that a backend was asked something. */
  void consult(OpenBackend candidate) {
    consulted.add(candidate.name());
  }

  /** The names of those that were asked anything. */
  Set<String> consulted() {
    return Set.copyOf(consulted);
  }

  /** What the op list has against an op running on a backend, on its own or within another. */
  Optional<String> listRefusal(OpenBackend candidate, String type) {
    Optional<String> pinned = ops.pinned(type);
    if (pinned.isPresent() && !pinned.get().equals(candidate.name())) {
      return Optional.of("op list pins '" + type + "' to '" + pinned.get() + "'");
    }
    return ops.enabled(type)
        ? Optional.empty()
        : Optional.of("op list '" + ops + "' switches '" + type + "' off");
  }

  /** A backend that the user chose declines. */
  BackendException declined(String backend, String what, List<String> reasons) {
    return new BackendException(
        ErrorCode.OP_DECLINED,
        "Backend '"
            + backend
            + "' was chosen but declines "
            + what
            + ": "
            + String.join("; ", reasons)
            + ". Choose 'auto', or "
            + (ops.toString().isEmpty()
                ? "give an op list."
                : "change the op list '" + ops + "'."));
  }
}
