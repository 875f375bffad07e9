package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of one part of a split GGUF file, such as {@code name-00001-of-00003.gguf}. The names of
 * the others come from it and from nothing that a file says, so that none can lie elsewhere.
 *
 * @param part the file
 * @param stem what all names begin with
 * @param number which part it is, from 1
 * @param count how many there are
 */
record SplitName(Path part, String stem, int number, int count) {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  /** The name of a part that says to be one of some; the name must say the same. */
  static SplitName of(GgufPart part, long count) {
    Path file = part.file().path();
    Matcher matcher = NAME.matcher(String.valueOf(file.getFileName()));
    if (!matcher.matches() || Integer.parseInt(matcher.group(3)) != count) {
      throw part.metadata()
          .refused(
              "split.count",
              Long.toString(count),
              "as many as the name of the file says: name-00001-of-0000N.gguf");
    }
    return new SplitName(file, matcher.group(1), Integer.parseInt(matcher.group(2)), (int) count);
  }

  /** Another part, in the same folder. */
  Path sibling(int other) {
    return part.resolveSibling("%s-%05d-of-%05d.gguf".formatted(stem, other, count));
  }
}
