package org.mla4j.core.planner;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mla4j.api.op.Op;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;

/**
 * Keeps each cache on one device: where the choice of kernels would split those who touch a cache
 * over several devices, that cache stays on the host, and the choice is made again.
 */
final class CacheOwners {
  /** For each cache that stays on the host, why. */
  private final Map<String, String> onHost = new HashMap<>();

  /** Why a backend does not touch a cache; empty if it may. */
  Optional<String> refusal(OpenBackend candidate, Op op) {
    return candidate.device().equals(HostStorage.DEVICE)
        ? Optional.empty()
        : caches(op).map(cache -> onHost.get(cache.name())).flatMap(Stream::ofNullable).findFirst();
  }

  /**
   * Looks at a choice.
   *
   * @param nodes the nodes with who runs them
   * @return false if it splits a cache, which now stays on the host
   */
  boolean accept(List<PlannedNode> nodes) {
    Map<String, Map<String, PlannedNode>> touching = new LinkedHashMap<>();
    for (PlannedNode planned : nodes) {
      caches(planned.node().op())
          .forEach(cache ->
              touching
                  .computeIfAbsent(cache.name(), name -> new LinkedHashMap<>())
                  .putIfAbsent(planned.backend().device(), planned));
    }
    boolean whole = true;
    for (Map.Entry<String, Map<String, PlannedNode>> entry : touching.entrySet()) {
      if (entry.getValue().size() > 1) {
        whole = false;
        String reason = reason(entry.getKey(), entry.getValue());
        if (onHost.put(entry.getKey(), reason) != null) {
          throw new IllegalStateException("A choice ignored that " + reason + ".");
        }
      }
    }
    return whole;
  }

  private static String reason(String cache, Map<String, PlannedNode> byDevice) {
    PlannedNode other =
        byDevice.getOrDefault(HostStorage.DEVICE, List.copyOf(byDevice.values()).getLast());
    return "cache '"
        + cache
        + "' has one device, and '"
        + other.node().name()
        + "' ("
        + other.node().op().type()
        + ") is run by '"
        + other.backend().name()
        + "'";
  }

  private static Stream<CacheValue> caches(Op op) {
    return Stream.<Value>concat(op.reads().stream(), op.writes().stream())
        .filter(CacheValue.class::isInstance)
        .map(CacheValue.class::cast);
  }
}
