package org.mla4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * Which model is meant.
 *
 * @param given the folder or GGUF file that the user named; null for the demo model
 */
record ModelFolder(@Nullable Path given) {
  /**
   * Finds the folder or file. The demo model is where the launcher says; it is not searched for,
   * since whoever runs the command somewhere else would be answered by a model that he did not
   * choose.
   */
  Path resolve(@Nullable Path home) {
    if (given != null) {
      return existing(given, "--model");
    }
    if (home == null) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "No model given, and nobody says where the demo model is: neither the property mla.home nor"
              + " the variable MLA_HOME is set. Expected --model DIR, the folder of a checkpoint.");
    }
    return existing(home.resolve("demo-model"), "the demo model");
  }

  private static Path existing(Path folder, String what) {
    if (!Files.exists(folder)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "No folder or file '"
              + folder
              + "' ("
              + what
              + "); expected the folder of a checkpoint, with config.json, or a GGUF file.");
    }
    return folder;
  }
}
