package org.mla4j.models.tokenizer;

import java.util.Arrays;

/**
 * The alphabet of byte-level vocabularies: one printable character for each byte. Bytes that are
 * printable in Latin-1 stand for themselves, the others follow from U+0100 on, in their order.
 */
final class ByteAlphabet {
  static final int SIZE = 256;

  private static final char[] CHARACTERS = new char[SIZE];

  /** The byte of a character; -1 where it stands for none. */
  private static final int[] BYTES = new int[2 * SIZE];

  static {
    Arrays.fill(BYTES, -1);
    char next = SIZE;
    for (int value = 0; value < SIZE; value++) {
      char character = isPrintable(value) ? (char) value : next++;
      CHARACTERS[value] = character;
      BYTES[character] = value;
    }
  }

  private ByteAlphabet() {}

  static String write(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte value : bytes) {
      text.append(CHARACTERS[Byte.toUnsignedInt(value)]);
    }
    return text.toString();
  }

  /** {@return the token of one byte} */
  static String write(int value) {
    return String.valueOf(CHARACTERS[value]);
  }

  /** Tells whether each character stands for a byte. */
  static boolean isWrittenIn(String token) {
    return token.chars().allMatch(c -> c < BYTES.length && BYTES[c] >= 0);
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
  }
}
