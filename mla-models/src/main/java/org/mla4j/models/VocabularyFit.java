package org.mla4j.models;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.tokenizer.Tokenizer;

/** Whether a tokenizer belongs to a model: it may have fewer ids, never more. */
final class VocabularyFit {
  private VocabularyFit() {}

  static void require(Path folder, ModelDefinition model, Tokenizer tokenizer) {
    int most = model.vocabularySize() - 1;
    boolean gguf = Files.isRegularFile(folder);
    if (tokenizer.largestId() > most) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          (gguf ? folder : folder.resolve("tokenizer.json"))
              + ": the largest token id is "
              + tokenizer.largestId()
              + "; expected at most "
              + most
              + ", since '"
              + (gguf ? folder : folder.resolve(ModelConfig.FILE))
              + "' says that the model has "
              + model.vocabularySize()
              + " (vocab_size).");
    }
  }
}
