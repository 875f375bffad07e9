package org.mla4j.models.testing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Damages files at random, each time in the same way for a seed. */
public final class Mutations {
  private static final Pattern VALUE =
      Pattern.compile("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?|true|false|null|\"[^\"]*\"");

  /** What a number, or any other value, is replaced by. */
  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "3",
          "2147483647",
          "2147483648",
          "-2147483648",
          "9223372036854775807",
          "-9223372036854775808",
          "9223372036854775808",
          "18446744073709551616",
          "1" + "0".repeat(300),
          "1" + "0".repeat(3000),
          "0.5",
          "2.0",
          "1e400",
          "-1e400",
          "1e-400",
          "1e999999999",
          "1e-999999999",
          "NaN",
          "Infinity",
          "true",
          "null",
          "\"\"",
          "\"x\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"../x\"",
          "{}",
          "[]",
          "[0]",
          "[[],{}]",
          "[0,1,2]",
          "[" + "0,".repeat(2000) + "0]",
          "[".repeat(400) + "]".repeat(400),
          "{\"a\":".repeat(400) + "0" + "}".repeat(400),
          "[".repeat(20000),
          "{\"a\":".repeat(20000),
          "\"" + "y".repeat(20000) + "\"");

  private final Random random;

  public Mutations(Random random) {
    this.random = random;
  }

  /** Flips, cuts, repeats, inserts or overwrites bytes. */
  public byte[] bytes(byte[] file) {
    byte[] changed = file.clone();
    int at = random.nextInt(file.length);
    int end = Math.min(file.length, at + 1 + random.nextInt(16));
    switch (random.nextInt(6)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt(256);
      case 2 -> Arrays.fill(changed, at, end, (byte) random.nextInt(256));
      case 3 -> changed = Arrays.copyOf(changed, at);
      case 4 -> changed = join(changed, 0, end, at); // what lies between both ends is there twice
      default -> changed = join(changed, 0, at, end);
    }
    return changed;
  }

  /** Replaces one to three values of a JSON text, or one of its bytes. */
  public String json(String text) {
    String changed = text;
    for (int i = random.nextInt(3); i >= 0; i--) {
      changed = random.nextInt(4) == 0 ? oneByte(changed) : oneValue(changed);
    }
    return changed;
  }

  private String oneValue(String text) {
    List<MatchResult> values = VALUE.matcher(text).results().toList();
    if (values.isEmpty()) {
      return text;
    }
    MatchResult value = values.get(random.nextInt(values.size()));
    return text.substring(0, value.start())
        + VALUES.get(random.nextInt(VALUES.size()))
        + text.substring(value.end());
  }

  private String oneByte(String text) {
    return text.isEmpty()
        ? text
        : new String(bytes(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.ISO_8859_1);
  }

  /** The bytes up to {@code end}, and then those from {@code start} on. */
  private static byte[] join(byte[] bytes, int from, int end, int start) {
    byte[] joined = Arrays.copyOf(Arrays.copyOfRange(bytes, from, end), end + bytes.length - start);
    System.arraycopy(bytes, start, joined, end, bytes.length - start);
    return joined;
  }
}
