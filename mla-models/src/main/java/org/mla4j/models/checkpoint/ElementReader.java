package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.Tensor;

/** Widens runs of stored floats to binary32, exactly, and decodes blocks. */
final class ElementReader {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final float[] E4M3 = new float[256];

  static {
    for (int code = 0; code < E4M3.length; code++) {
      E4M3[code] = Float8E4M3.toFloat((byte) code);
    }
  }

  private ElementReader() {}

  /**
   * Reads neighbours of a dense tensor.
   *
   * @param from a dense tensor of a float or a block type
   * @param element index of the first, row-major; where a block starts
   * @param into filled from index 0
   * @param count how many; whole blocks
   * @throws IllegalArgumentException if the tensor has another type, or the run divides a block
   */
  static void read(Tensor from, long element, float[] into, int count) {
    MemorySegment segment = from.segment();
    DType dtype = from.dtype();
    long offset = from.byteOffset() + dtype.byteCount(element);
    switch (dtype) {
      case F32 -> MemorySegment.copy(segment, FLOAT, offset, into, 0, count);
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          into[i] = BFloat16.toFloat(segment.get(SHORT, offset + 2L * i));
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          into[i] = Float.float16ToFloat(segment.get(SHORT, offset + 2L * i));
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < count; i++) {
          into[i] = E4M3[segment.get(ValueLayout.JAVA_BYTE, offset + i) & 0xFF];
        }
      }
      case Q8_0, Q4_0, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, IQ4_NL ->
          BlockCodec.decode(dtype, segment, offset, into, 0, count);
      case I64, I32, U8 -> throw new IllegalArgumentException(dtype + " is no float type");
    }
  }
}
