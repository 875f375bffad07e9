package org.mla4j.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.Sampling;

/**
 * How a text is continued or a conversation answered. Immutable; made by a {@link Builder}.
 *
 * @param maxTokens the longest answer
 * @param sampling how tokens are drawn; empty for what the model recommends
 * @param seed of the draws
 * @param stopStrings end the answer, beside the model's stop tokens
 * @param tools descriptions of the tools that the model may call, each in the JSON schema form of
 *     the common chat API; for conversations only
 * @param templateVariables further variables of the chat template, such as {@code enable_thinking}
 */
public record TextOptions(
    int maxTokens,
    Optional<Sampling> sampling,
    long seed,
    List<String> stopStrings,
    List<Map<String, Object>> tools,
    Map<String, Object> templateVariables) {
  /** Copies the lists. */
  public TextOptions {
    stopStrings = List.copyOf(stopStrings);
    tools = List.copyOf(tools);
    templateVariables = Map.copyOf(templateVariables);
  }

  /**
   * Returns the defaults: at most 256 tokens, drawn as the model recommends.
   *
   * @return the options
   */
  public static TextOptions defaults() {
    return builder().build();
  }

  /**
   * Starts with the defaults.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private int maxTokens = 256;
    private @Nullable Sampling sampling;
    private long seed;
    private List<String> stopStrings = List.of();
    private List<Map<String, Object>> tools = List.of();
    private final Map<String, Object> templateVariables = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Sets the longest answer.
     *
     * @param tokens 256 by default
     * @return this builder
     */
    public Builder maxTokens(int tokens) {
      maxTokens = tokens;
      return this;
    }

    /**
     * Sets how tokens are drawn.
     *
     * @param how instead of what the model recommends
     * @return this builder
     */
    public Builder sampling(Sampling how) {
      sampling = how;
      return this;
    }

    /**
     * Sets the seed of the draws.
     *
     * @param value 0 by default
     * @return this builder
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Sets strings that end the answer.
     *
     * @param strings looked for in the text, across token boundaries
     * @return this builder
     */
    public Builder stopStrings(List<String> strings) {
      stopStrings = strings;
      return this;
    }

    /**
     * Offers tools.
     *
     * @param descriptions of the tools, each in the JSON schema form of the common chat API
     * @return this builder
     */
    public Builder tools(List<Map<String, Object>> descriptions) {
      tools = descriptions;
      return this;
    }

    /**
     * Sets a variable of the chat template.
     *
     * @param name its name
     * @param value a string, number, boolean, list or map
     * @return this builder
     */
    public Builder templateVariable(String name, Object value) {
      templateVariables.put(name, value);
      return this;
    }

    /**
     * Makes the options.
     *
     * @return the options
     */
    public TextOptions build() {
      return new TextOptions(
          maxTokens, Optional.ofNullable(sampling), seed, stopStrings, tools, templateVariables);
    }
  }
}
