package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How tokenizers are opened.
 *
 * @param cacheFolder where the native library is unpacked on first use; empty for the folder that
 *     the environment variable or system property {@code DJL_CACHE_DIR} names, or else {@code
 *     .djl.ai} in the user's home. Read only until the library is loaded, which happens once per
 *     JVM.
 */
public record TokenizerOptions(Optional<Path> cacheFolder) {

  /**
   * Returns the defaults.
   *
   * @return options that change nothing
   */
  public static TokenizerOptions defaults() {
    return new TokenizerOptions(Optional.empty());
  }

  /**
   * Chooses where the native library is unpacked.
   *
   * @param folder a folder that can be written, or be created
   * @return these options with that folder
   */
  public TokenizerOptions withCacheFolder(Path folder) {
    return new TokenizerOptions(Optional.of(folder));
  }
}
