package org.mla4j.models.template;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * One message of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, {@code tool}, or what
 *     else the model knows
 * @param content what is said, null if there is nothing but tool calls
 * @param toolCalls the tools that an assistant asks for; templates see no {@code tool_calls} if
 *     there is none
 * @param extra further fields that the model's template reads, such as {@code reasoning_content} or
 *     {@code tool_call_id}
 */
public record ChatMessage(
    String role,
    @Nullable String content,
    List<ToolCall> toolCalls,
    Map<String, @Nullable Object> extra) {

  private static final Set<String> FIELDS = Set.of("role", "content", "tool_calls");

  /**
   * Copies the collections.
   *
   * @throws InvalidInputException if {@code extra} names a field that has a component of its own
   */
  public ChatMessage {
    Objects.requireNonNull(role, "role");
    toolCalls = List.copyOf(toolCalls);
    // Not Map.copyOf: a field that is null is none for a template, and no field is undefined.
    extra = Collections.unmodifiableMap(new LinkedHashMap<>(extra));
    for (String field : extra.keySet()) {
      if (FIELDS.contains(field)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "The field '" + field + "' of a message has a component of its own.");
      }
    }
  }

  /**
   * Makes an instruction to the model.
   *
   * @param content the instruction
   * @return the message
   */
  public static ChatMessage system(String content) {
    return of("system", content);
  }

  /**
   * Makes a message of the user.
   *
   * @param content what the user says
   * @return the message
   */
  public static ChatMessage user(String content) {
    return of("user", content);
  }

  /**
   * Makes an answer of the model.
   *
   * @param content the answer
   * @return the message
   */
  public static ChatMessage assistant(String content) {
    return of("assistant", content);
  }

  /**
   * Makes an answer of the model that asks for tools.
   *
   * @param content what it says besides, or null
   * @param toolCalls what it asks for
   * @return the message
   */
  public static ChatMessage assistant(@Nullable String content, List<ToolCall> toolCalls) {
    return new ChatMessage("assistant", content, toolCalls, Map.of());
  }

  /**
   * Makes the result of a tool.
   *
   * @param content the result
   * @return the message
   */
  public static ChatMessage tool(String content) {
    return of("tool", content);
  }

  /**
   * Makes a message of any role.
   *
   * @param role who speaks
   * @param content what is said
   * @return the message
   */
  public static ChatMessage of(String role, String content) {
    return new ChatMessage(role, content, List.of(), Map.of());
  }

  /**
   * Adds a field.
   *
   * @param field name of the field
   * @param value its value
   * @return this message with that field
   * @throws InvalidInputException if the field has a component of its own
   */
  public ChatMessage with(String field, @Nullable Object value) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(extra);
    fields.put(field, value);
    return new ChatMessage(role, content, toolCalls, fields);
  }

  /**
   * Makes what templates read.
   *
   * @return this message in the form in which Hugging Face's {@code apply_chat_template} takes it
   */
  public Map<String, @Nullable Object> toVariables() {
    Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    variables.put("role", role);
    variables.put("content", content);
    if (!toolCalls.isEmpty()) {
      variables.put("tool_calls", toolCalls.stream().map(ToolCall::toVariables).toList());
    }
    variables.putAll(extra);
    return variables;
  }
}
