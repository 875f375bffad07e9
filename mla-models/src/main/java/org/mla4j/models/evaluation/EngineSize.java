package org.mla4j.models.evaluation;

import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.tokenizer.ChatFormat;
import org.mla4j.models.tokenizer.ChatOptions;

/** How large an engine must be for an evaluation. */
final class EngineSize {
  private EngineSize() {}

  static EngineOptions.Builder apply(
      Evaluation evaluation, LanguageModel model, EngineOptions.Builder options) {
    EngineOptions given = options.build();
    int most =
        given.maxSequenceLength() == 0
            ? model.definition().maxPositions()
            : given.maxSequenceLength();
    int length =
        (int) Math.min((long) longestPrompt(evaluation, model) + evaluation.maxTokens(), most);
    int together = Math.max(1, Math.min(evaluation.concurrency(), evaluation.questions().size()));
    // Every sequence takes whole blocks.
    long wholeBlocks = (long) Math.ceilDiv(length, given.blockSize()) * given.blockSize();
    return options
        .maxSequenceLength(length)
        .maxSequences(together)
        .maxTokensPerStep(Math.max(given.maxTokensPerStep(), together))
        .cacheTokens((int) Math.min(together * wholeBlocks, Integer.MAX_VALUE));
  }

  private static int longestPrompt(Evaluation evaluation, LanguageModel model) {
    ChatFormat format = ChatFormat.load(model.folder(), model.tokenizer());
    return evaluation.questions().stream()
        .mapToInt(
            question -> format.format(question.messages(), ChatOptions.defaults()).ids().length)
        .max()
        .orElse(1);
  }
}
