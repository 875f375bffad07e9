package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

class ElementReaderTest {
  private static final int COLUMNS = 512;

  static Stream<DType> blockTypes() {
    return Arrays.stream(DType.values()).filter(DType::isBlockType);
  }

  @ParameterizedTest
  @MethodSource("blockTypes")
  void aRunOfBlocksIsReadFromTheMiddleOfATensor(DType dtype) {
    Tensor tensor = random(dtype);
    float[] all = new float[3 * COLUMNS];
    BlockCodec.decode(dtype, tensor.segment(), 5, all, 0, all.length);
    int block = dtype.blockElements();
    int first = COLUMNS - block;
    float[] run = new float[2 * block + 1];
    ElementReader.read(tensor, first, run, 2 * block);
    float[] expected = Arrays.copyOf(Arrays.copyOfRange(all, first, first + 2 * block), run.length);
    assertArrayEquals(expected, run);
  }

  @Test
  void aRunThatDividesABlockIsNotRead() {
    Tensor tensor = random(DType.Q4_0);
    float[] run = new float[64];
    assertEquals(
        "16 elements of Q4_0; expected a multiple of 32.",
        assertThrows(IllegalArgumentException.class, () -> ElementReader.read(tensor, 16, run, 32))
            .getMessage());
    assertEquals(
        "33 elements of Q4_0; expected a multiple of 32.",
        assertThrows(IllegalArgumentException.class, () -> ElementReader.read(tensor, 32, run, 33))
            .getMessage());
  }

  @Test
  void integersAreNotRead() {
    Tensor tensor = Tensor.dense(DType.I32, Shape.of(1), MemorySegment.ofArray(new byte[4]));
    assertEquals(
        "I32 is no float type",
        assertThrows(
                IllegalArgumentException.class,
                () -> ElementReader.read(tensor, 0, new float[1], 1))
            .getMessage());
  }

  /** Three rows of random blocks, from byte 5 on. */
  private static Tensor random(DType dtype) {
    byte[] bytes = new byte[5 + Math.toIntExact(dtype.byteCount(3 * COLUMNS))];
    new SplittableRandom(1).nextBytes(bytes);
    return Tensor.dense(
        dtype, Shape.of(3, COLUMNS), new HostStorage(MemorySegment.ofArray(bytes)), 5);
  }
}
