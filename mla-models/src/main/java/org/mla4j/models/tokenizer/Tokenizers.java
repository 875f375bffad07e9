package org.mla4j.models.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/** Opens tokenizers. */
public final class Tokenizers {

  /** Other forms in which tokenizers are published, to say so when one of them is all there is. */
  private static final List<String> OTHER_FORMS =
      List.of("tokenizer.model", "tiktoken.model", "vocab.json", "vocab.txt", "spiece.model");

  private Tokenizers() {}

  /**
   * Opens the tokenizer of a model with default options.
   *
   * @param path the model's folder, or its {@code tokenizer.json}
   * @return the tokenizer, to be closed by the caller
   * @throws ModelException if there is no tokenizer, or it is malformed, or the native library
   *     cannot be loaded
   */
  public static Tokenizer open(Path path) {
    return open(path, TokenizerOptions.defaults());
  }

  /**
   * Opens the tokenizer of a model. What {@code tokenizer_config.json} beside it says about the
   * tokens that begin and end a text is honoured.
   *
   * <p>The first call in a JVM unpacks the native library into a cache folder and loads it. Nothing
   * is downloaded.
   *
   * @param path the model's folder, or its {@code tokenizer.json}
   * @param options how to open it
   * @return the tokenizer, to be closed by the caller
   * @throws ModelException if there is no tokenizer, or it is malformed, or the native library
   *     cannot be loaded
   */
  public static Tokenizer open(Path path, TokenizerOptions options) {
    Path file = Files.isDirectory(path) ? path.resolve("tokenizer.json") : path;
    String json = read(file);
    Vocabulary vocabulary = VocabularyReader.read(json, file);
    TokenizerConfig config = TokenizerConfig.read(file.resolveSibling(TokenizerConfig.FILE));
    NativeLibrary.ensureLoaded(options.cacheFolder());
    NativeTokenizer encoder = NativeTokenizer.create(json, file);
    try {
      return new FileTokenizer(encoder, vocabulary, SpecialTokens.of(config, vocabulary, encoder));
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }

  private static String read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          ErrorCode.TOKENIZER, "Tokenizer '" + file + "' is missing." + remedy(file));
    }
    return TextFile.read(file, ErrorCode.TOKENIZER);
  }

  private static String remedy(Path file) {
    List<String> found =
        OTHER_FORMS.stream().filter(name -> Files.exists(file.resolveSibling(name))).toList();
    return found.isEmpty()
        ? ""
        : " The folder has "
            + String.join(", ", found)
            + ", which cannot be read; transformers' AutoTokenizer writes a tokenizer.json with"
            + " save_pretrained.";
  }
}
