package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.checkpoint.GgufFile;
import org.mla4j.models.template.ChatMessage;
import org.mla4j.models.template.ChatTemplate;

/**
 * How one model wants its conversations: its chat template together with its tokenizer.
 *
 * <p><b>Ownership:</b> the tokenizer stays the caller's, who closes it after the last use of this
 * object.
 *
 * <p><b>Threading:</b> immutable, safe for use by several threads at once.
 */
public final class ChatFormat {

  private final ChatTemplate template;
  private final Tokenizer tokenizer;
  private final Map<String, Object> specialTokens;

  private ChatFormat(
      ChatTemplate template, Tokenizer tokenizer, Map<String, Object> specialTokens) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.specialTokens = specialTokens;
  }

  /**
   * Loads the default template of a model.
   *
   * @param model the model's folder, or a GGUF file
   * @param tokenizer the model's tokenizer
   * @return the format
   * @throws ModelException if there is no template, or it is malformed
   */
  public static ChatFormat load(Path model, Tokenizer tokenizer) {
    return load(model, tokenizer, TokenizerConfig.DEFAULT_TEMPLATE);
  }

  /**
   * Loads one of a model's templates. Files beside {@code tokenizer_config.json} count more than
   * what it contains: {@code chat_template.jinja} is the default template, or else what {@code
   * chat_template.json} has, and {@code additional_chat_templates} is a folder with further ones. A
   * GGUF file has them as {@code tokenizer.chat_template}.
   *
   * @param model the model's folder, or a GGUF file
   * @param tokenizer the model's tokenizer
   * @param name name of the template, such as {@code tool_use}
   * @return the format
   * @throws ModelException if there is no such template, or it is malformed
   */
  public static ChatFormat load(Path model, Tokenizer tokenizer, String name) {
    Source source = Source.of(model);
    return source
        .format(tokenizer, name)
        .orElseThrow(() ->
            new ModelException(
                ErrorCode.CHAT_TEMPLATE, missing(model, source.templates().names(), name)));
  }

  /**
   * Loads the default template of a model, if it has one.
   *
   * @param model the model's folder, or a GGUF file
   * @param tokenizer the model's tokenizer
   * @return the format; empty if there is no template
   * @throws ModelException if the template is malformed
   */
  public static Optional<ChatFormat> find(Path model, Tokenizer tokenizer) {
    return Source.of(model).format(tokenizer, TokenizerConfig.DEFAULT_TEMPLATE);
  }

  /** Where a model keeps its templates. */
  private record Source(TokenizerConfig config, ChatTemplates templates) {
    static Source of(Path model) {
      if (GgufFile.isMeantBy(model)) {
        TokenizerConfig config = ofGguf(model);
        return new Source(config, ChatTemplates.within(config));
      }
      TokenizerConfig config = TokenizerConfig.read(model.resolve(TokenizerConfig.FILE));
      return new Source(config, ChatTemplates.of(model, config));
    }

    Optional<ChatFormat> format(Tokenizer tokenizer, String name) {
      Map<String, Object> specialTokens = new LinkedHashMap<>(config.specialTokens());
      if (!config.additionalSpecialTokens().isEmpty()) {
        specialTokens.put("additional_special_tokens", config.additionalSpecialTokens());
      }
      return templates
          .named(name)
          .map(template ->
              new ChatFormat(
                  ChatTemplate.parse(template.source(), template.origin()),
                  tokenizer,
                  specialTokens));
    }
  }

  private static TokenizerConfig ofGguf(Path model) {
    try (GgufFile file = GgufFile.open(model)) {
      return GgufVocabulary.read(file.metadata()).config(model);
    }
  }

  /**
   * Returns the template.
   *
   * @return the template
   */
  public ChatTemplate template() {
    return template;
  }

  /**
   * Makes the prompt for a conversation.
   *
   * @param messages the conversation, oldest message first
   * @param options what else the template is told
   * @return the prompt
   * @throws org.mla4j.models.template.TemplateException if the template refuses the conversation or
   *     fails on it
   */
  public ChatPrompt format(List<ChatMessage> messages, ChatOptions options) {
    Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    variables.put("messages", messages.stream().map(ChatMessage::toVariables).toList());
    variables.put("add_generation_prompt", options.addGenerationPrompt());
    if (!options.tools().isEmpty()) {
      variables.put("tools", options.tools());
    }
    variables.putAll(options.variables());
    return format(variables);
  }

  /**
   * Makes the prompt from the variables of the template, for conversations that {@link ChatMessage}
   * cannot express.
   *
   * @param variables what the template reads. {@code tools} and {@code documents} are none unless
   *     given, and the special tokens are known by their fields, such as {@code bos_token}.
   * @return the prompt
   * @throws org.mla4j.models.template.TemplateException if the template refuses the variables or
   *     fails on them
   */
  public ChatPrompt format(Map<String, ? extends @Nullable Object> variables) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(specialTokens);
    all.put("tools", null);
    all.put("documents", null);
    all.putAll(variables);
    String text = template.render(all);
    // The template has written the token that begins a text, if the model wants it.
    return new ChatPrompt(text, tokenizer.encode(text, false));
  }

  private static String missing(Path model, List<String> names, String name) {
    return "The model in '"
        + model
        + "' has no chat template"
        + (names.isEmpty() ? "" : " named '" + name + "'; it has: " + String.join(", ", names))
        + ". Expected one as "
        + (GgufFile.isMeantBy(model)
            ? "tokenizer.chat_template"
            : "'chat_template' in " + TokenizerConfig.FILE + " or as " + ChatTemplates.FILE)
        + ". A model without one continues texts, but does not know conversations.";
  }
}
