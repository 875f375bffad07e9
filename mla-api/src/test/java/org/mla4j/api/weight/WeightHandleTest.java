package org.mla4j.api.weight;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

/** What a handle does that has nothing better. */
class WeightHandleTest {
  private int leases;
  private final WeightHandle plain = new Sixteen();
  private final WeightHandle computed =
      RopeTable.of(
          new RopeSpec(4, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 64), 2);

  @Test
  void isOfThePlainFormOrComputed() {
    assertEquals(new WeightForm.Plain(), plain.form());
    assertEquals(new WeightForm.Computed(), computed.form());
  }

  @Test
  void readsAnyBytesOfALease() {
    byte[] bytes = new byte[5];
    plain.read(11, MemorySegment.ofArray(bytes));
    assertArrayEquals(new byte[] {11, 12, 13, 14, 15}, bytes);
    plain.read(16, MemorySegment.ofArray(new byte[0]));
    assertEquals(0, leases);
  }

  @Test
  void refusesBytesThatItHasNot() {
    assertRefused(
        "Weight 'sixteen': 5 bytes were asked for from byte 12; expected some of its 16."
            + " [MLA-0302]",
        () -> plain.read(12, MemorySegment.ofArray(new byte[5])));
    assertRefused(
        "Weight 'sixteen': 1 bytes were asked for from byte -1; expected some of its 16."
            + " [MLA-0302]",
        () -> plain.read(-1, MemorySegment.ofArray(new byte[1])));
    assertRefused(
        "Weight 'sixteen': 17 bytes were asked for from byte 9223372036854775807; expected some of"
            + " its 16. [MLA-0302]",
        () -> plain.read(Long.MAX_VALUE, MemorySegment.ofArray(new byte[17])));
    assertEquals(0, leases);
  }

  @Test
  void hasNoBytesIfItIsComputed() {
    assertModelRefused(
        "Weight 'rope_table[theta=10000.0, dim=4]' is computed, not stored; materialise it"
            + " instead. [MLA-0205]",
        () -> computed.read(0, MemorySegment.ofArray(new byte[4])));
  }

  /** Bytes 0 to 15 as a tensor that begins within its memory. */
  private final class Sixteen implements WeightHandle {
    private static final int BEGIN = 3;

    @Override
    public String name() {
      return "sixteen";
    }

    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public Shape shape() {
      return Shape.of(2, 2);
    }

    @Override
    public boolean isPlain() {
      return true;
    }

    @Override
    public WeightLease lease() {
      MemorySegment memory = MemorySegment.ofArray(new byte[BEGIN + 20]);
      for (int i = 0; i < 20; i++) {
        memory.set(ValueLayout.JAVA_BYTE, BEGIN + i, (byte) i);
      }
      leases++;
      return new WeightLease() {
        @Override
        public Tensor tensor() {
          return Tensor.dense(dtype(), shape(), new HostStorage(memory), BEGIN);
        }

        @Override
        public void close() {
          leases--;
        }
      };
    }

    @Override
    public void materialise(Tensor target) {
      throw new AssertionError("nobody asked for values");
    }
  }
}
