package org.mla4j.cli;

import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.engine.EngineStatistics;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.engine.Piece;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.ChatAnswer;
import org.mla4j.models.ChatGeneration;
import org.mla4j.models.ChatPiece;
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

  /** Opens a model for one answer after another: the cache holds one sequence. */
  static Session open(CliContext context, ModelOptions chosen) {
    return open(context, chosen, (_, options) -> options.maxSequences(1));
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

  EngineStatistics statistics() {
    return engine.engine().statistics();
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

  ChatAnswer chat(List<ChatMessage> messages, TextOptions options, AnswerWriter writer) {
    try (ChatGeneration generation = engine.chat(messages, options)) {
      return write(generation, generation::result, generation::cancel, writer);
    }
  }

  /** A text that is continued has no reasoning apart: it is all as the model writes it. */
  ChatAnswer complete(String prompt, TextOptions options, AnswerWriter writer) {
    try (Generation generation = engine.generate(prompt, options)) {
      Iterator<ChatPiece> pieces =
          new Iterator<>() {
            @Override
            public boolean hasNext() {
              return generation.hasNext();
            }

            @Override
            public ChatPiece next() {
              Piece piece = generation.next();
              return new ChatPiece(piece.token(), "", piece.text());
            }
          };
      Supplier<ChatAnswer> result =
          () -> {
            GenerationResult whole = generation.result();
            return new ChatAnswer("", whole.text(), whole);
          };
      return write(pieces, result, generation::cancel, writer);
    }
  }

  EvaluationReport evaluate(Evaluation evaluation) {
    try (ProgressBars progress = ProgressBars.on(context.terminal())) {
      return context
          .running()
          .during(Thread.currentThread()::interrupt, () -> evaluation.run(engine, progress));
    }
  }

  private ChatAnswer write(
      Iterator<ChatPiece> pieces,
      Supplier<ChatAnswer> result,
      Runnable cancel,
      AnswerWriter writer) {
    return context.running().during(cancel, () -> writer.write(pieces, result, cancel));
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
