package org.mla4j.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TextEngine;
import org.mla4j.models.TextOptions;
import org.mla4j.models.template.ChatMessage;

/** A model and the engine that runs it, opened and closed together. */
final class Session implements AutoCloseable {
  private final CliContext context;
  private final LanguageModel model;
  private final TextEngine engine;

  private Session(CliContext context, LanguageModel model, TextEngine engine) {
    this.context = context;
    this.model = model;
    this.engine = engine;
  }

  static Session open(CliContext context, ModelOptions chosen) {
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      EngineOptions options = chosen.engine(progress);
      LanguageModel model = LanguageModel.open(chosen.folder().resolve(context.home()));
      try {
        return new Session(context, model, model.start(options));
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
    }
  }

  Explanation explain() {
    return engine.explain();
  }

  /** Who runs the plan, in the order of their first node. */
  String backends() {
    return explain().entries().stream()
        .map(Entry::backend)
        .distinct()
        .collect(Collectors.joining(","));
  }

  /** How the model wants its tokens drawn. */
  Sampling recommendedSampling() {
    return model.generationConfig().sampling();
  }

  GenerationResult chat(List<ChatMessage> messages, TextOptions options, AnswerWriter writer) {
    return write(engine.chat(messages, options), writer);
  }

  GenerationResult complete(String prompt, TextOptions options, AnswerWriter writer) {
    return write(engine.generate(prompt, options), writer);
  }

  private GenerationResult write(Generation generation, AnswerWriter writer) {
    try (generation) {
      return context.running().during(generation::cancel, () -> writer.write(generation));
    }
  }

  @Override
  public void close() {
    try {
      engine.close();
    } finally {
      model.close();
    }
  }
}
