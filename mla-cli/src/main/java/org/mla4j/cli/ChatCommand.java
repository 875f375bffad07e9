package org.mla4j.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.TextOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mla chat}: one question, or a conversation. */
@Command(
    name = "chat",
    description = {
      "Answers a question, in the chat format of the model.",
      "Without one it holds a conversation: each line of standard input is a turn, /reset starts"
          + " over, /exit or the end of the input leaves. Ctrl-C ends the program."
    })
final class ChatCommand implements Callable<Integer> {
  private final CliContext context;
  private final Complaints complaints;

  @Parameters(arity = "0..1", paramLabel = "QUESTION", description = "What to ask.")
  private @Nullable String question;

  @Option(names = "--system", paramLabel = "TEXT", description = "System message.")
  private @Nullable String system;

  @Mixin private SamplingOptions sampling = new SamplingOptions();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  ChatCommand(CliContext context, Complaints complaints) {
    this.context = context;
    this.complaints = complaints;
  }

  @Override
  public Integer call() {
    try (Session session = Session.open(context, model)) {
      TextOptions options = sampling.over(session.recommendedSampling());
      AnswerWriter writer = output.answers(context.terminal(), session);
      Responder responder = messages -> session.chat(messages, options, writer);
      Conversation conversation = new Conversation(system);
      if (question != null) {
        return ExitStatus.of(responder.answer(conversation.with(question)).generation());
      }
      return new ChatLoop(context.terminal(), conversation, responder, complaints).run();
    }
  }
}
