package org.mla4j.cli;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TextEngine;
import org.mla4j.models.TextOptions;
import org.mla4j.models.evaluation.Evaluation;
import org.mla4j.models.evaluation.EvaluationReport;
import org.mla4j.models.template.ChatMessage;

/** A model, the engine that runs it and the plug-ins of both, opened and closed together. */
final class Session implements AutoCloseable {
  private final CliContext context;
  private final Plugins plugins;
  private final LanguageModel model;
  private final TextEngine engine;
  private final CacheDTypes cacheDTypes;

  private Session(CliContext context, Plugins plugins, LanguageModel model, EngineOptions options) {
    this.context = context;
    this.plugins = plugins;
    this.model = model;
    this.engine = model.start(options);
    this.cacheDTypes = options.cacheDTypes();
  }

  static Session open(CliContext context, ModelOptions chosen) {
    return open(context, chosen, (model, options) -> options);
  }

  /** Opens a model for work that is known: the last argument adds the limits that it needs. */
  static Session open(
      CliContext context,
      ModelOptions chosen,
      BiFunction<LanguageModel, EngineOptions.Builder, EngineOptions.Builder> size) {
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      Plugins plugins = chosen.plugins(context);
      try {
        EngineOptions.Builder options = chosen.engine(progress, plugins);
        LanguageModel model = chosen.open(context, progress, plugins);
        try {
          return new Session(context, plugins, model, size.apply(model, options).build());
        } catch (RuntimeException | Error e) {
          model.close();
          throw e;
        }
      } catch (RuntimeException | Error e) {
        plugins.close();
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

  /** The element type of the cache. */
  CacheDTypes cacheDTypes() {
    return cacheDTypes;
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

  EvaluationReport evaluate(Evaluation evaluation) {
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      return context
          .running()
          .during(Thread.currentThread()::interrupt, () -> evaluation.run(engine, progress));
    }
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
      try {
        model.close();
      } finally {
        plugins.close();
      }
    }
  }
}
