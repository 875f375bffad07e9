package org.mla4j.models.template;

import java.time.Clock;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.TemplateException.Kind;

/**
 * Turns a conversation into the prompt that a model was trained on.
 *
 * <p>A template is parsed once and then rendered any number of times. It cannot change what it is
 * given, reach files or the network, or run for ever: output, iterations and nesting are bounded.
 *
 * <p><b>Threading:</b> instances are immutable and safe for use by several threads at once.
 */
public final class ChatTemplate {

  private final String origin;
  private final List<Statement> statements;
  private final Clock clock;

  private ChatTemplate(String origin, List<Statement> statements, Clock clock) {
    this.origin = origin;
    this.statements = statements;
    this.clock = clock;
  }

  /**
   * Parses a template.
   *
   * @param source the text of the template
   * @param origin what messages call it, usually the file that it is from
   * @return the template, with the system's clock
   * @throws TemplateException if the source is not a template
   */
  public static ChatTemplate parse(String source, String origin) {
    Source text = new Source(source, origin);
    return new ChatTemplate(
        origin, TemplateParser.parse(text), Clock.system(ZoneId.systemDefault()));
  }

  /**
   * Replaces what {@code strftime_now} reads, so that prompts with a date can be reproduced.
   *
   * @param newClock the clock, which also names the time zone
   * @return the same template with that clock
   */
  public ChatTemplate withClock(Clock newClock) {
    return new ChatTemplate(origin, statements, newClock);
  }

  /** {@return what messages call this template} */
  public String origin() {
    return origin;
  }

  /**
   * Renders the template with the variables that Hugging Face passes for a plain conversation.
   *
   * @param messages the conversation, oldest message first
   * @param addGenerationPrompt whether the prompt ends where the assistant's answer begins
   * @return the prompt
   * @throws TemplateException if the template refuses the conversation or fails on it
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    Map<String, @Nullable Object> variables = new HashMap<>();
    variables.put("messages", messages.stream().map(ChatMessage::toVariables).toList());
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("tools", null);
    variables.put("documents", null);
    return render(variables);
  }

  /**
   * Renders the template.
   *
   * @param variables what the template can read, by name: null, Boolean, numbers, CharSequence, and
   *     Map, Iterable, Object[] and Optional of these. Null is {@code none}, which is not the same
   *     as leaving a variable out: that is undefined.
   * @return the prompt
   * @throws TemplateException if the template refuses the variables or fails on them
   * @throws org.mla4j.api.error.InvalidInputException if a variable has another type, or contains
   *     itself
   */
  public String render(Map<String, ? extends @Nullable Object> variables) {
    Map<String, Value> all = Globals.functions(clock);
    all.putAll(Variables.convert(variables));
    try {
      return new Renderer(origin).render(statements, all);
    } catch (StackOverflowError tooDeep) {
      // Reached only by values nested in themselves many times over; the renderer bounds its own
      // recursion.
      throw TemplateException.of(
          Kind.LIMIT, origin, new Location(1, 1), "a value is nested too deeply");
    }
  }
}
