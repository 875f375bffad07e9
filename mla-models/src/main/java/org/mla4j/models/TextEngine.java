package org.mla4j.models;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.engine.TextDecoder;
import org.mla4j.models.checkpoint.GenerationConfig;
import org.mla4j.models.template.ChatMessage;
import org.mla4j.models.tokenizer.ChatFormat;
import org.mla4j.models.tokenizer.ChatOptions;
import org.mla4j.models.tokenizer.ChatPrompt;
import org.mla4j.models.tokenizer.ReasoningTags;
import org.mla4j.models.tokenizer.Tokenizer;

/**
 * An engine that speaks text: continues texts and answers conversations of one model.
 *
 * <p>It keeps no conversation: each call brings the whole. Threading: all methods may be called
 * from any thread.
 */
public final class TextEngine implements AutoCloseable {
  private final LanguageModel model;
  private final Engine engine;
  private final AtomicReference<ChatFormat> chatFormat = new AtomicReference<>();

  TextEngine(LanguageModel model, Engine engine) {
    this.model = model;
    this.engine = engine;
  }

  /**
   * Answers a conversation in the model's own chat format. What a model thinks aloud before it
   * answers is kept apart, if the vocabulary has tags for that.
   *
   * @param messages the conversation, oldest message first
   * @param options how
   * @return the handle, at once; tokens follow
   * @throws org.mla4j.api.error.ModelException if the model has no chat template, or it refuses the
   *     conversation
   * @throws org.mla4j.api.error.InvalidInputException if the conversation can never fit
   * @throws org.mla4j.api.error.ClosedException if this is closed
   */
  public ChatGeneration chat(List<ChatMessage> messages, TextOptions options) {
    ChatOptions chatOptions =
        new ChatOptions(true, options.tools(), Map.copyOf(options.templateVariables()));
    ChatPrompt prompt = chatFormat().format(messages, chatOptions);
    Tokenizer tokenizer = model.tokenizer();
    Optional<ReasoningTags> tags = ReasoningTags.of(tokenizer);
    if (tags.isEmpty()) {
      return new ChatGeneration(
          start(prompt.ids(), options, () -> tokenizer.newDecoder(true)), null);
    }
    ReasoningTags found = tags.get();
    return new ChatGeneration(
        start(prompt.ids(), options, () -> found.newDecoder(tokenizer)),
        new ReasoningSplitter(found, found.opensAtTheEndOf(prompt.text())));
  }

  /**
   * Continues a text as it is, without a chat format.
   *
   * @param prompt the text
   * @param options how
   * @return the handle, at once; tokens follow
   * @throws org.mla4j.api.error.InvalidInputException if the text can never fit
   * @throws org.mla4j.api.error.ClosedException if this is closed
   */
  public Generation generate(String prompt, TextOptions options) {
    Tokenizer tokenizer = model.tokenizer();
    return start(tokenizer.encode(prompt, true), options, () -> tokenizer.newDecoder(true));
  }

  /**
   * Returns the engine below, for token ids, statistics and limits, also after this is closed.
   *
   * @return the engine, owned by this
   */
  public Engine engine() {
    return engine;
  }

  /**
   * Tells who runs what, also after this is closed.
   *
   * @return the plan as data
   */
  public Explanation explain() {
    return engine.explain();
  }

  /** Ends all generations and frees everything but the model. Calling it twice does no harm. */
  @Override
  public void close() {
    engine.close();
  }

  private Generation start(int[] prompt, TextOptions options, Supplier<TextDecoder> decoder) {
    GenerationConfig recommended = model.generationConfig();
    return engine.generate(
        GenerationRequest.builder(prompt)
            .maxTokens(options.maxTokens())
            .sampling(options.sampling().orElse(recommended.sampling()))
            .seed(options.seed())
            .stopTokens(stopTokens(recommended, model.tokenizer()))
            .stopStrings(options.stopStrings())
            .decoder(decoder)
            .build());
  }

  /** What the model's configuration names; the tokenizer's own end token if it names none. */
  private static int[] stopTokens(GenerationConfig recommended, Tokenizer tokenizer) {
    return recommended.stopTokens().isEmpty()
        ? tokenizer.eosToken().stream().toArray()
        : recommended.stopTokens().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Parsed on first use: a model without a template still continues texts. */
  private ChatFormat chatFormat() {
    ChatFormat known = chatFormat.get();
    if (known == null) {
      known = ChatFormat.load(model.folder(), model.tokenizer());
      chatFormat.set(known);
    }
    return known;
  }
}
