package org.mla4j.core.execution;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.plan.ContextGroups;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.PlacedNode;
import org.mla4j.core.plan.Residency;

/**
 * Where the buffers of a plan lie in one block of memory for each device: two buffers share bytes
 * only if no node needs both.
 *
 * <p>A buffer lives from the first node that writes it to the last that touches it; if it is used
 * by nodes that run in several passes and by others, through all of these passes. Buffers are
 * placed by descending size, each at the lowest offset free during its life: with some hundred
 * buffers, simple and close to the best.
 */
final class BufferLayout {
  /** Cache lines, and the widest vectors. */
  private static final long ALIGNMENT = 64;

  private final Map<Key, Long> offsets = new HashMap<>();
  private final Map<String, Long> bytes = new LinkedHashMap<>();

  /** A buffer on a device, by name: two buffers of one name are a mistake to be found. */
  private record Key(String buffer, String device) {
    static Key of(Place place) {
      return new Key(place.root().name(), place.device());
    }
  }

  private static final class Life {
    private final Key key;
    private final StepValue buffer;
    private final long bytes;
    private int first;
    private int last;
    private long offset;

    Life(Place place, long bytes, int first) {
      this.key = Key.of(place);
      this.buffer = place.root();
      this.bytes = bytes;
      this.first = first;
      this.last = first;
    }

    boolean meets(Life other) {
      return first <= other.last && other.first <= last;
    }

    long end() {
      return offset + bytes;
    }
  }

  /**
   * Lays out the buffers of a plan.
   *
   * @param nodes the nodes in order, each with its device
   * @param residency where nodes find their values
   * @param kept what is read after the last node, such as logits
   * @param limits the largest step
   * @throws InvalidInputException if a value is read that no node before wrote, or two buffers have
   *     one name
   */
  static BufferLayout of(
      List<PlacedNode> nodes, Residency residency, List<Place> kept, StepLimits limits) {
    Map<Key, Life> lives = new LinkedHashMap<>();
    for (int index = 0; index < nodes.size(); index++) {
      PlacedNode placed = nodes.get(index);
      for (Value value : placed.node().op().reads()) {
        if (value instanceof StepValue read) {
          Place place = residency.of(read, placed.device());
          requireWritten(placed.node(), read, place, lives).last = index;
        }
      }
      for (Value value : placed.node().op().writes()) {
        if (value instanceof StepValue written) {
          touch(residency.of(written, placed.device()), index, lives, limits);
        }
      }
    }
    stretch(lives, nodes.stream().map(PlacedNode::node).toList());
    for (Place place : kept) {
      Life life = lives.get(Key.of(place));
      if (life != null) {
        life.last = nodes.size();
      }
    }
    Map<String, List<Life>> byDevice = new LinkedHashMap<>();
    lives
        .values()
        .forEach(life ->
            byDevice.computeIfAbsent(life.key.device(), device -> new ArrayList<>()).add(life));
    BufferLayout layout = new BufferLayout();
    byDevice.forEach(layout::place);
    return layout;
  }

  /**
   * What enters or leaves a group of nodes must survive all of its passes: a node at the group's
   * end runs before one at its start runs again.
   */
  private static void stretch(Map<Key, Life> lives, List<Node> nodes) {
    int[] ends = ContextGroups.ends(nodes);
    for (int start = 0; start < ends.length; start = ends[start]) {
      int last = ends[start] - 1;
      for (Life life : lives.values()) {
        boolean enters = life.first < start && life.last >= start;
        boolean leaves = life.first <= last && life.last > last;
        if (enters || leaves) {
          life.first = Math.min(life.first, start);
          life.last = Math.max(life.last, last);
        }
      }
    }
  }

  /** Offset of a buffer in the block of its device. */
  long offset(Place place) {
    Long offset = offsets.get(Key.of(place));
    if (offset == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Value '"
              + place.root().name()
              + "' is not part of the plan, or only exists inside a layer.");
    }
    return offset;
  }

  /** Tells whether a buffer is anywhere on a device. */
  boolean contains(Place place) {
    return offsets.containsKey(Key.of(place));
  }

  /** Size of the block of each device that has one. */
  Map<String, Long> bytes() {
    return Map.copyOf(bytes);
  }

  /** Size of a buffer at the largest step. */
  static long byteSize(StepValue buffer, StepLimits limits) {
    return Math.multiplyExact(
        (long) limits.max(buffer.rows()) * buffer.dtype().byteSize(), buffer.rowShape().elements());
  }

  private static Life requireWritten(Node node, StepValue read, Place place, Map<Key, Life> lives) {
    Life life = lives.get(Key.of(place));
    if (life == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Node '"
              + node.name()
              + "' reads '"
              + read.name()
              + "', which no node before it writes.");
    }
    return life;
  }

  private static void touch(Place written, int index, Map<Key, Life> lives, StepLimits limits) {
    StepValue root = written.root();
    Life life = lives.get(Key.of(written));
    if (life == null) {
      long size = Math.ceilDiv(byteSize(root, limits), ALIGNMENT) * ALIGNMENT;
      lives.put(Key.of(written), new Life(written, size, index));
    } else if (!life.buffer.equals(root)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Two buffers are named '" + root.name() + "': " + life.buffer + " and " + root + ".");
    } else {
      life.last = index;
    }
  }

  private void place(String device, List<Life> lives) {
    lives.sort(
        Comparator.comparingLong((Life life) -> life.bytes)
            .reversed()
            .thenComparingInt(life -> life.first));
    List<Life> placed = new ArrayList<>();
    long end = 0;
    for (Life life : lives) {
      long offset = 0;
      // Placed lives are kept by offset, so one pass finds the lowest gap.
      for (Life other : placed) {
        if (life.meets(other) && offset < other.end() && other.offset < offset + life.bytes) {
          offset = other.end();
        }
      }
      life.offset = offset;
      placed.add(life);
      placed.sort(Comparator.comparingLong(other -> other.offset));
      offsets.put(life.key, offset);
      end = Math.max(end, life.end());
    }
    bytes.put(device, end);
  }
}
