package org.mla4j.models.tokenizer;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/** Reads a file of a tokenizer as text. */
final class TextFile {
  /**
   * Several times the largest published {@code tokenizer.json}; an array has no room for much more.
   */
  private static final long MAX_BYTES = 1L << 28;

  private TextFile() {}

  /** Reads a whole file in UTF-8; {@code code} is that of whatever is wrong with it. */
  static String read(Path file, ErrorCode code) {
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new ModelException(
            code, file + ": has " + bytes + " bytes; expected at most " + MAX_BYTES + ".");
      }
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new ModelException(code, file + ": has bytes that are no UTF-8; expected UTF-8.", e);
    } catch (IOException e) {
      throw new ModelException(code, "Cannot read '" + file + "': " + e.getMessage() + ".", e);
    }
  }
}
