package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import org.mla4j.api.error.ModelException;

/** Opens tokenizers. */
public final class Tokenizers {

  private Tokenizers() {}

  /**
   * Opens the tokenizer of a model with default options.
   *
   * @param path the model's folder, the file in it that has the vocabulary ({@code tokenizer.json},
   *     or {@code tiktoken.model} of the Kimi family), or a GGUF file
   * @return the tokenizer, to be closed by the caller
   * @throws ModelException if there is no tokenizer, or it is malformed, or the native library
   *     cannot be loaded
   */
  public static Tokenizer open(Path path) {
    return open(path, TokenizerOptions.defaults());
  }

  /**
   * Opens the tokenizer of a model. What {@code tokenizer_config.json} beside it, or the metadata
   * of a GGUF file, says about the tokens that begin and end a text is honoured.
   *
   * <p>The first call in a JVM unpacks the native library into a cache folder and loads it. Nothing
   * is downloaded.
   *
   * @param path the model's folder, the file in it that has the vocabulary ({@code tokenizer.json},
   *     or {@code tiktoken.model} of the Kimi family), or a GGUF file
   * @param options how to open it
   * @return the tokenizer, to be closed by the caller
   * @throws ModelException if there is no tokenizer, or it is malformed, or the native library
   *     cannot be loaded
   */
  public static Tokenizer open(Path path, TokenizerOptions options) {
    TokenizerSource source = TokenizerSource.of(path);
    Vocabulary vocabulary = VocabularyReader.read(source.json(), source.file());
    NativeLibrary.ensureLoaded(options.cacheFolder());
    NativeTokenizer encoder = NativeTokenizer.create(source.json(), source.file());
    try {
      return new FileTokenizer(
          encoder, vocabulary, SpecialTokens.of(source.config(), vocabulary, encoder));
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }
}
