package org.mla4j.core.residency;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.tensor.HostStorage;

/** On which devices each part of each buffer is up to date, at one point of a plan. */
final class Whereabouts {
  private final Map<Part, Set<String>> current = new HashMap<>();

  /** Tells whether anything has written a part. */
  boolean isWritten(Part part) {
    return current.containsKey(part);
  }

  /** Tells whether a part must be copied before it can be read on a device. */
  boolean isMissing(Part part, String device) {
    Set<String> devices = current.get(part);
    return devices != null && !devices.contains(device);
  }

  /** From where a part is copied: the host if it is there, since every device reaches that. */
  String source(Part part) {
    Set<String> devices = current.getOrDefault(part, Set.of());
    return devices.contains(HostStorage.DEVICE) ? HostStorage.DEVICE : devices.iterator().next();
  }

  /** A node on a device changed parts: what others have is old. */
  void written(Collection<Part> parts, String device) {
    parts.forEach(part -> current.put(part, new TreeSet<>(List.of(device))));
  }

  /** Parts were copied to a device. */
  void copied(Collection<Part> parts, String device) {
    parts.forEach(part -> current.computeIfAbsent(part, key -> new TreeSet<>()).add(device));
  }
}
