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

/**
 * Where the buffers of a plan lie in one block of memory: two buffers share bytes only if no node
 * needs both.
 *
 * <p>A buffer lives from the first node that writes it to the last that touches it; if it is used
 * by nodes that run in several passes and by others, through all of these passes. Buffers are
 * placed by descending size, each at the lowest offset free during its life: with some hundred
 * buffers, simple and close to the best.
 */
final class BufferLayout {
  /** Cache lines, and the widest vectors. */
  private static final long ALIGNMENT = 64;

  private final Map<String, Long> offsets;
  private final long bytes;

  private BufferLayout(Map<String, Long> offsets, long bytes) {
    this.offsets = offsets;
    this.bytes = bytes;
  }

  private static final class Life {
    private final StepValue buffer;
    private final long bytes;
    private int first;
    private int last;
    private long offset;

    Life(StepValue buffer, long bytes, int first) {
      this.buffer = buffer;
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
   * @param nodes the nodes in order
   * @param kept a value read after the last node, such as logits
   * @param limits the largest step
   * @throws InvalidInputException if a value is read that no node before wrote, or two buffers have
   *     one name
   */
  static BufferLayout of(List<Node> nodes, List<StepValue> kept, StepLimits limits) {
    Map<String, Life> lives = new LinkedHashMap<>();
    for (int index = 0; index < nodes.size(); index++) {
      Node node = nodes.get(index);
      for (Value value : node.op().reads()) {
        if (value instanceof StepValue read) {
          requireWritten(node, read, lives).last = index;
        }
      }
      for (Value value : node.op().writes()) {
        if (value instanceof StepValue written) {
          touch(written, index, lives, limits);
        }
      }
    }
    stretch(lives, nodes);
    for (StepValue value : kept) {
      Life life = lives.get(value.root().name());
      if (life != null) {
        life.last = nodes.size();
      }
    }
    return place(new ArrayList<>(lives.values()));
  }

  /**
   * What enters or leaves a group of nodes must survive all of its passes: a node at the group's
   * end runs before one at its start runs again.
   */
  private static void stretch(Map<String, Life> lives, List<Node> nodes) {
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

  /** Offset of a buffer in the block. */
  long offset(StepValue value) {
    Long offset = offsets.get(value.root().name());
    if (offset == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Value '" + value.name() + "' is not part of the plan, or only exists inside a layer.");
    }
    return offset;
  }

  /** Tells whether a node of the plan computes a value. */
  boolean contains(StepValue value) {
    return offsets.containsKey(value.root().name());
  }

  /** Size of the block. */
  long bytes() {
    return bytes;
  }

  /** Size of a buffer at the largest step. */
  static long byteSize(StepValue buffer, StepLimits limits) {
    return Math.multiplyExact(
        (long) limits.max(buffer.rows()) * buffer.dtype().byteSize(), buffer.rowShape().elements());
  }

  private static Life requireWritten(Node node, StepValue read, Map<String, Life> lives) {
    Life life = lives.get(read.root().name());
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

  private static void touch(
      StepValue written, int index, Map<String, Life> lives, StepLimits limits) {
    StepValue root = written.root();
    Life life = lives.get(root.name());
    if (life == null) {
      long size = Math.ceilDiv(byteSize(root, limits), ALIGNMENT) * ALIGNMENT;
      lives.put(root.name(), new Life(root, size, index));
    } else if (!life.buffer.equals(root)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Two buffers are named '" + root.name() + "': " + life.buffer + " and " + root + ".");
    } else {
      life.last = index;
    }
  }

  private static BufferLayout place(List<Life> lives) {
    lives.sort(
        Comparator.comparingLong((Life life) -> life.bytes)
            .reversed()
            .thenComparingInt(life -> life.first));
    List<Life> placed = new ArrayList<>();
    Map<String, Long> offsets = new HashMap<>();
    long bytes = 0;
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
      offsets.put(life.buffer.name(), offset);
      bytes = Math.max(bytes, life.end());
    }
    return new BufferLayout(offsets, bytes);
  }
}
