package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;

/** One cell of a cache: how a number is stored and read back. */
final class CellCodec {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final byte NAN = 0x7F;

  private final boolean truncates;
  private final boolean overflows;
  private final boolean unscaled;

  CellCodec(PlainContext context) {
    truncates = context.wrong(Mistake.BF16_TRUNCATED);
    overflows = context.wrong(Mistake.FP8_WITHOUT_SATURATION);
    unscaled = context.wrong(Mistake.FP8_WITHOUT_SCALE);
  }

  void write(DType dtype, MemorySegment memory, long address, float number, float scale) {
    switch (dtype) {
      case F32 -> memory.set(FLOAT, address, number);
      case F16 -> memory.set(SHORT, address, Float.floatToFloat16(number));
      case BF16 -> memory.set(SHORT, address, bf16(number));
      default -> memory.set(ValueLayout.JAVA_BYTE, address, f8(unscaled ? number : number / scale));
    }
  }

  private short bf16(float number) {
    return truncates
        ? (short) (Float.floatToRawIntBits(number) >>> 16)
        : BFloat16.fromFloat(number);
  }

  private byte f8(float number) {
    return overflows && Math.abs(number) > Float8E4M3.MAX_VALUE
        ? NAN
        : Float8E4M3.fromFloat(number);
  }

  static float read(DType dtype, MemorySegment memory, long address, float scale) {
    return switch (dtype) {
      case F32 -> memory.get(FLOAT, address);
      case F16 -> Float.float16ToFloat(memory.get(SHORT, address));
      case BF16 -> Float.intBitsToFloat(memory.get(SHORT, address) << 16);
      default -> Float8E4M3.toFloat(memory.get(ValueLayout.JAVA_BYTE, address)) * scale;
    };
  }
}
