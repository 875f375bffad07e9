package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Finds NaN and infinity among the bits of one element type, in eight bytes at a time.
 *
 * <p>In every type an element is not finite if all bits of a mask are set: those of the exponent;
 * all but the sign in E4M3, which has no infinity; all in E8M0, which has no sign either.
 */
enum NonFiniteBits implements NonFiniteSearch {
  F64(64, 0x7FF0_0000_0000_0000L),
  F32(32, 0x7F80_0000L),
  F16(16, 0x7C00L),
  BF16(16, 0x7F80L),
  F8_E5M2(8, 0x7CL),
  F8_E4M3(8, 0x7FL),
  F8_E8M0(8, 0xFFL);

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int width;
  private final long mask;
  private final long tops;

  NonFiniteBits(int width, long mask) {
    this.width = width;
    this.mask = everywhere(mask, width);
    this.tops = everywhere(1L << (width - 1), width);
  }

  /** That of a stored type; none for integers. */
  static Optional<NonFiniteBits> of(StoredDType dtype) {
    return switch (dtype) {
      case F64 -> Optional.of(F64);
      case F32 -> Optional.of(F32);
      case F16 -> Optional.of(F16);
      case BF16 -> Optional.of(BF16);
      case F8_E5M2 -> Optional.of(F8_E5M2);
      case F8_E4M3 -> Optional.of(F8_E4M3);
      case F8_E8M0 -> Optional.of(F8_E8M0);
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> Optional.empty();
    };
  }

  @Override
  public Found search(MemorySegment elements) {
    long count = 0;
    long first = 0;
    for (long word = 0; word * WORD.byteSize() < elements.byteSize(); word++) {
      long marks = marks(word(elements, word * WORD.byteSize()));
      if (marks != 0) {
        first = count == 0 ? word * perWord() + before(marks) : first;
        count += Long.bitCount(marks);
      }
    }
    return new Found(first, count);
  }

  @Override
  public int unitBytes() {
    return Long.BYTES;
  }

  @Override
  public int unitElements() {
    return perWord();
  }

  /** Eight bytes; beyond the last one zeros, which are finite in every type. */
  private static long word(MemorySegment elements, long offset) {
    long left = elements.byteSize() - offset;
    if (left >= WORD.byteSize()) {
      return elements.get(WORD, offset);
    }
    long word = 0;
    for (long i = 0; i < left; i++) {
      word |= (elements.get(ValueLayout.JAVA_BYTE, offset + i) & 0xFFL) << (Byte.SIZE * i);
    }
    return word;
  }

  /**
   * Marks the elements that are not finite.
   *
   * @param elements eight bytes of elements, the first in the lowest bits
   * @return the top bit of each such element, and no other bit
   */
  long marks(long elements) {
    long missing = ~elements & mask;
    // Adding the largest number without a top bit carries into the top bit, and never beyond it,
    // unless nothing is missing.
    return ~(((missing & ~tops) + ~tops) | missing) & tops;
  }

  /** How many elements lie before the first that is marked. */
  int before(long marks) {
    return Long.numberOfTrailingZeros(marks) / width;
  }

  /** How many elements are in eight bytes. */
  int perWord() {
    return Long.SIZE / width;
  }

  private static long everywhere(long element, int width) {
    long word = 0;
    for (int shift = 0; shift < Long.SIZE; shift += width) {
      word |= element << shift;
    }
    return word;
  }
}
