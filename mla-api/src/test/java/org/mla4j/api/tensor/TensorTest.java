package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mla4j.api.testing.DeviceBuffer;

class TensorTest {
  private static Storage storage(int bytes) {
    return new HostStorage(MemorySegment.ofArray(new byte[bytes]));
  }

  private static Tensor strided(long[] strides, long byteOffset, int bytes, long... extents) {
    return Tensor.strided(DType.F32, Shape.of(extents), strides, storage(bytes), byteOffset);
  }

  @Nested
  class Dense {
    private final Storage storage = storage(100);
    private final Tensor tensor = Tensor.dense(DType.BF16, Shape.of(2, 3, 5), storage, 40);

    @Test
    void neighboursOfTheInnermostAxisLieSideBySide() {
      assertEquals(15, tensor.stride(0));
      assertEquals(5, tensor.stride(1));
      assertEquals(1, tensor.stride(2));
    }

    @Test
    void negativeAxesCountFromTheInnermost() {
      assertEquals(1, tensor.stride(-1));
      assertEquals(15, tensor.stride(-3));
      assertEquals(30, tensor.byteStride(-3));
    }

    @Test
    void strideInBytesDependsOnTheType() {
      assertEquals(30, tensor.byteStride(0));
      assertEquals(2, tensor.byteStride(2));
    }

    @Test
    void borrowsItsStorage() {
      assertSame(storage, tensor.storage());
      assertEquals(40, tensor.byteOffset());
      assertEquals(DType.BF16, tensor.dtype());
      assertEquals(Shape.of(2, 3, 5), tensor.shape());
    }

    @Test
    void isDense() {
      assertTrue(tensor.isDense());
      assertTrue(Tensor.dense(DType.F32, Shape.of(), storage, 0).isDense());
    }

    @Test
    void mayFillItsStorageToTheLastByte() {
      Tensor whole = Tensor.dense(DType.F32, Shape.of(5, 5), MemorySegment.ofArray(new byte[100]));
      assertEquals(0, whole.byteOffset());
    }

    @Test
    void mustNotGoBeyondItsStorage() {
      assertRefused(
          "Tensor F32 [5, 5] at byte 1 ends at byte 101, but its storage has 100 bytes. [MLA-0302]",
          () -> Tensor.dense(DType.F32, Shape.of(5, 5), storage, 1));
    }

    @Test
    void mustNotStartBeforeItsStorage() {
      assertRefused(
          "Tensor U8 [1] at byte -1 ends at byte 0, but its storage has 100 bytes. [MLA-0302]",
          () -> Tensor.dense(DType.U8, Shape.of(1), storage, -1));
    }

    @Test
    void withoutElementsNeedsNoBytes() {
      assertEquals(0, Tensor.dense(DType.F32, Shape.of(0, 5), storage(0), 0).shape().elements());
      assertRefused(
          "Tensor F32 [0] at byte 2 ends at byte 2, but its storage has 1 bytes. [MLA-0302]",
          () -> Tensor.dense(DType.F32, Shape.of(0), storage(1), 2));
    }
  }

  @Nested
  class Strided {
    @Test
    void gapsBetweenRowsAreNotDense() {
      assertFalse(strided(new long[] {4, 1}, 0, 28, 2, 3).isDense());
    }

    @Test
    void theStrideOfAnAxisWithOneElementDoesNotMatter() {
      assertTrue(strided(new long[] {99, 1}, 0, 12, 1, 3).isDense());
    }

    @Test
    void theLastElementMayEndWithTheStorage() {
      strided(new long[] {4, 1}, 0, 28, 2, 3);
      assertRefused(
          "Tensor F32 [2, 3] at byte 0 ends at byte 28, but its storage has 27 bytes. [MLA-0302]",
          () -> strided(new long[] {4, 1}, 0, 27, 2, 3));
    }

    @Test
    void aStrideOfZeroRepeatsElements() {
      Tensor row = strided(new long[] {0, 1}, 0, 12, 1000, 3);
      assertEquals(0, row.stride(0));
    }

    @Test
    void nobodyCanChangeTheStrides() {
      long[] strides = {4, 1};
      Tensor tensor = strided(strides, 0, 28, 2, 3);
      strides[0] = 7;
      assertEquals(4, tensor.stride(0));
    }

    @Test
    void everyAxisHasAStride() {
      assertRefused(
          "Tensor of shape [2, 3]: expected 2 strides, found 1. [MLA-0302]",
          () -> strided(new long[] {1}, 0, 100, 2, 3));
    }

    @Test
    void stridesAreNotNegative() {
      assertRefused(
          "Tensor of shape [2, 3]: strides [3, -1] contain a negative one. [MLA-0302]",
          () -> strided(new long[] {3, -1}, 0, 100, 2, 3));
    }

    @Test
    void anEndThatALongCannotCountIsBeyondTheStorage() {
      assertRefused(
          "Tensor F32 [3] at byte 0 ends at byte 9223372036854775807, but its storage has 100"
              + " bytes. [MLA-0302]",
          () -> strided(new long[] {1L << 62}, 0, 100, 3));
      assertRefused(
          "Tensor F32 [4611686018427387905] at byte 0 ends at byte 9223372036854775807, but its"
              + " storage has 100 bytes. [MLA-0302]",
          () -> Tensor.dense(DType.F32, Shape.of((1L << 62) + 1), storage(100), 0));
    }
  }

  @Nested
  class Narrow {
    private final Tensor tensor = Tensor.dense(DType.F32, Shape.of(4, 6), storage(104), 8);

    @Test
    void isAViewOfTheSameStorage() {
      Tensor part = tensor.narrow(0, 1, 2);
      assertEquals(Shape.of(2, 6), part.shape());
      assertEquals(8 + 6 * 4, part.byteOffset());
      assertEquals(6, part.stride(0));
      assertSame(tensor.storage(), part.storage());
      assertTrue(part.isDense());
    }

    @Test
    void ofColumnsLeavesGaps() {
      Tensor part = tensor.narrow(1, 2, 3);
      assertEquals(Shape.of(4, 3), part.shape());
      assertEquals(8 + 2 * 4, part.byteOffset());
      assertFalse(part.isDense());
    }

    @Test
    void ofAViewAddsUp() {
      assertEquals(
          8 + (2 * 6 + 3) * 4, tensor.narrow(0, 1, 3).narrow(1, 3, 3).narrow(0, 1, 1).byteOffset());
    }

    @Test
    void takesNegativeAxes() {
      assertEquals(Shape.of(4, 3), tensor.narrow(-1, 2, 3).shape());
      assertEquals(8 + 2 * 4, tensor.narrow(-1, 2, 3).byteOffset());
    }

    @Test
    void mayBeEmptyAtTheEnd() {
      assertEquals(Shape.of(0, 6), tensor.narrow(0, 4, 0).shape());
    }

    @Test
    void staysInsideTheAxis() {
      assertRefused(
          "Range of 3 from 2 leaves axis 0 of tensor F32 [4, 6] on host. [MLA-0302]",
          () -> tensor.narrow(0, 2, 3));
      assertRefused(
          "Range of 1 from -1 leaves axis 1 of tensor F32 [4, 6] on host. [MLA-0302]",
          () -> tensor.narrow(1, -1, 1));
      assertRefused(
          "Range of -1 from 0 leaves axis 1 of tensor F32 [4, 6] on host. [MLA-0302]",
          () -> tensor.narrow(-1, 0, -1));
    }

    @Test
    void isNotFooledByNumbersThatOverflow() {
      assertRefused(
          "Range of 9223372036854775807 from 1 leaves axis 0 of tensor F32 [4, 6] on host."
              + " [MLA-0302]",
          () -> tensor.narrow(0, 1, Long.MAX_VALUE));
      assertRefused(
          "Range of 1 from 9223372036854775807 leaves axis 0 of tensor F32 [4, 6] on host."
              + " [MLA-0302]",
          () -> tensor.narrow(0, Long.MAX_VALUE, 1));
    }

    @Test
    void needsTheAxisToExist() {
      assertThrows(IndexOutOfBoundsException.class, () -> tensor.narrow(2, 0, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> tensor.narrow(-3, 0, 1));
    }
  }

  @Nested
  class OfBlocks {
    private final Tensor tensor = Tensor.dense(DType.Q8_0, Shape.of(3, 64), storage(210), 6);

    @Test
    void countsBlocks() {
      assertEquals(68, tensor.byteStride(0));
      assertEquals(6 + 68, tensor.narrow(0, 1, 2).byteOffset());
      assertEquals(6 + 34, tensor.narrow(1, 32, 32).byteOffset());
      assertEquals(Shape.of(3, 32), tensor.narrow(1, 32, 32).shape());
      assertTrue(tensor.isDense());
    }

    @Test
    void neverDividesOne() {
      assertRefused(
          "Tensor Q8_0 [3, 48] with strides [48, 1]: expected rows of whole blocks of 32"
              + " neighbours. [MLA-0302]",
          () -> Tensor.dense(DType.Q8_0, Shape.of(3, 48), storage(300), 0));
      assertRefused(
          "Tensor Q8_0 [3, 16] with strides [64, 1]: expected rows of whole blocks of 32"
              + " neighbours. [MLA-0302]",
          () -> tensor.narrow(1, 0, 16));
      assertRefused(
          "Range from 16 of axis 1 of tensor Q8_0 [3, 64] on host divides a block. [MLA-0302]",
          () -> tensor.narrow(1, 16, 32));
      assertRefused(
          "Tensor Q8_0 [] with strides []: expected rows of whole blocks of 32 neighbours."
              + " [MLA-0302]",
          () -> Tensor.dense(DType.Q8_0, Shape.of(), storage(34), 0));
    }

    @Test
    void endsWithinItsStorage() {
      assertRefused(
          "Tensor Q8_0 [3, 64] at byte 7 ends at byte 211, but its storage has 210 bytes."
              + " [MLA-0302]",
          () -> Tensor.dense(DType.Q8_0, Shape.of(3, 64), storage(210), 7));
    }
  }

  @Nested
  class OnADevice {
    private final Tensor tensor =
        Tensor.dense(DType.F16, Shape.of(3), new DeviceBuffer(6, "npu:0"), 0);

    @Test
    void isHeldToTheSizeOfItsBuffer() {
      assertRefused(
          "Tensor F16 [4] at byte 0 ends at byte 8, but its storage has 6 bytes. [MLA-0302]",
          () -> Tensor.dense(DType.F16, Shape.of(4), tensor.storage(), 0));
    }

    @Test
    void hasNoHostMemory() {
      assertRefused(
          "Tensor F16 [3] on npu:0 lies on device 'npu:0'; expected host memory. [MLA-0302]",
          tensor::segment);
    }
  }

  @Test
  void hostMemoryIsTheWholeStorage() {
    MemorySegment segment = MemorySegment.ofArray(new byte[16]);
    Tensor tensor = Tensor.dense(DType.F32, Shape.of(2), new HostStorage(segment), 8);
    assertSame(segment, tensor.segment());
    assertEquals(16, tensor.storage().byteSize());
    assertEquals("host", tensor.storage().device());
  }

  @Test
  void printsTypeShapeAndDevice() {
    assertEquals(
        "F8_E4M3 [2, 3] on host",
        Tensor.dense(DType.F8_E4M3, Shape.of(2, 3), storage(6), 0).toString());
  }
}
