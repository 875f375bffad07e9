package org.mla4j.core.plan;

import java.util.Map;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

/**
 * Where the values and caches of a plan lie.
 *
 * @param crossing the buffers that {@code copy_to} nodes between devices name: each stands for a
 *     buffer of the plan in one place
 * @param caches for each cache by name, the device of those who touch it
 * @param logits where the logits of a step end up
 */
public record Residency(Map<StepValue, Place> crossing, Map<String, String> caches, Place logits) {
  /** Copies the maps. */
  public Residency {
    crossing = Map.copyOf(crossing);
    caches = Map.copyOf(caches);
  }

  /**
   * Returns where a node finds a value.
   *
   * @param value a value that the node reads or writes, or a view of one
   * @param device the device that the node computes on
   * @return the place of the buffer behind it
   */
  public Place of(StepValue value, String device) {
    Place crosses = crossing.get(value.root());
    return crosses == null ? new Place(value.root(), device) : crosses;
  }

  /**
   * Returns where a cache lies.
   *
   * @param cache a cache of the plan
   * @return the device; {@code host} if nobody touches it
   */
  public String of(CacheValue cache) {
    return caches.getOrDefault(cache.name(), HostStorage.DEVICE);
  }
}
