package org.mla4j.core.planner;

import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.Op;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.plan.OpenBackend;

/** Asks a backend whether it runs an op; one that throws instead of answering is named. */
final class Question {
  private Question() {}

  /** Why a backend does not run an op of one of its types; empty if it does. */
  static List<String> supports(OpenBackend candidate, Op op) {
    try {
      return ask(candidate.backend(), op);
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '"
              + candidate.name()
              + "' failed to say whether it supports '"
              + op.type()
              + "': "
              + e,
          e);
    }
  }

  private static List<String> ask(Backend backend, Op op) {
    List<String> unreachable = unreachable(backend, op);
    if (!unreachable.isEmpty()) {
      return unreachable;
    }
    return switch (backend.supports(op)) {
      case Support.Yes _ -> List.of();
      case Support.No no -> no.reasons();
    };
  }

  /** Why a backend is not even asked about an op: features, cache layouts. */
  static List<String> unreachable(Backend backend, Op op) {
    Set<String> known = backend.features();
    List<String> unknown =
        op.features().stream().filter(feature -> !known.contains(feature)).toList();
    if (!unknown.isEmpty()) {
      return List.of("does not know the features " + unknown + " of this call");
    }
    for (Value value : op.reads()) {
      if (value instanceof CacheValue cache && !backend.takesLayout(cache.layout())) {
        return List.of(
            "takes cache layouts "
                + backend.cacheLayouts()
                + ", but cache '"
                + cache.name()
                + "' lies in "
                + cache.layout());
      }
    }
    return List.of();
  }
}
