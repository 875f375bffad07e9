package org.mla4j.models.tokenizer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template is told besides the conversation.
 *
 * @param addGenerationPrompt whether the prompt ends where the model's answer begins
 * @param tools descriptions of the tools that the model may call, each in the JSON schema form of
 *     the common chat API
 * @param variables further variables of the model's template, such as {@code enable_thinking}
 */
public record ChatOptions(
    boolean addGenerationPrompt,
    List<Map<String, Object>> tools,
    Map<String, @Nullable Object> variables) {

  /** Copies the collections. */
  public ChatOptions {
    tools = List.copyOf(tools);
    variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
  }

  /**
   * Returns what a request for an answer needs.
   *
   * @return options that ask for the start of an answer, without tools
   */
  public static ChatOptions defaults() {
    return new ChatOptions(true, List.of(), Map.of());
  }

  /**
   * Chooses where the prompt ends.
   *
   * @param add whether it ends where the model's answer begins
   * @return these options with that choice
   */
  public ChatOptions withGenerationPrompt(boolean add) {
    return new ChatOptions(add, tools, variables);
  }

  /**
   * Offers tools.
   *
   * @param newTools their descriptions
   * @return these options with those tools
   */
  public ChatOptions withTools(List<Map<String, Object>> newTools) {
    return new ChatOptions(addGenerationPrompt, newTools, variables);
  }

  /**
   * Sets a variable of the template.
   *
   * @param name its name
   * @param value its value, null for {@code none}
   * @return these options with that variable
   */
  public ChatOptions with(String name, @Nullable Object value) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
    all.put(name, value);
    return new ChatOptions(addGenerationPrompt, tools, all);
  }
}
