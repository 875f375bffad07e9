package org.mla4j.models.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.checkpoint.GgufFile;

/**
 * What a tokenizer is made of, in whichever form a model brings it.
 *
 * @param json the content of a {@code tokenizer.json}; of another form, what such a file would say
 * @param file the file with the vocabulary, for messages
 * @param config what is said beside the vocabulary
 */
record TokenizerSource(String json, Path file, TokenizerConfig config) {
  static final String FILE = "tokenizer.json";

  /** Other forms in which tokenizers are published, to say so when one of them is all there is. */
  private static final List<String> OTHER_FORMS =
      List.of("tokenizer.model", "vocab.json", "vocab.txt", "spiece.model");

  /**
   * Finds the tokenizer of a model.
   *
   * @param path a folder, a file in one of the forms, or a GGUF file
   */
  static TokenizerSource of(Path path) {
    boolean isVocabulary = path.endsWith(TiktokenModel.FILE) || path.toString().endsWith(".json");
    if (GgufFile.isMeantBy(path) && !isVocabulary) {
      return ofGguf(path);
    }
    Path file = Files.isDirectory(path) ? find(path) : path;
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          ErrorCode.TOKENIZER, "Tokenizer '" + file + "' is missing." + remedy(file));
    }
    TokenizerConfig config = TokenizerConfig.read(file.resolveSibling(TokenizerConfig.FILE));
    if (file.endsWith(TiktokenModel.FILE)) {
      GgufVocabulary vocabulary = TiktokenModel.read(file, config, kimi());
      return new TokenizerSource(TokenizerJson.of(vocabulary), file, config);
    }
    return new TokenizerSource(TextFile.read(file, ErrorCode.TOKENIZER), file, config);
  }

  /** The one family that is published in this form. */
  static PreTokenization kimi() {
    return PreTokenization.named(PreTokenization.KIMI).orElseThrow();
  }

  private static TokenizerSource ofGguf(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      GgufVocabulary vocabulary = GgufVocabulary.read(file.metadata());
      return new TokenizerSource(TokenizerJson.of(vocabulary), path, vocabulary.config(path));
    }
  }

  /** A folder can have both: what transformers wrote counts more than what it was made from. */
  private static Path find(Path folder) {
    Path ranks = folder.resolve(TiktokenModel.FILE);
    Path json = folder.resolve(FILE);
    return !Files.isRegularFile(json) && Files.isRegularFile(ranks) ? ranks : json;
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
