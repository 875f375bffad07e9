package org.mla4j.models.template;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * A call of a tool that an assistant asked for.
 *
 * @param name name of the tool
 * @param arguments its arguments: a {@code Map<String, ?>}, which templates write as JSON in their
 *     own way, or a {@code String} of JSON, which they copy as it is
 * @param id what the answer refers to, null if the model's template has no ids
 */
public record ToolCall(String name, Object arguments, @Nullable String id) {

  /**
   * Checks the components.
   *
   * @throws InvalidInputException if {@code arguments} is neither a Map nor a String
   */
  public ToolCall {
    Objects.requireNonNull(name, "name");
    arguments =
        switch (arguments) {
          case Map<?, ?> map -> Collections.unmodifiableMap(new LinkedHashMap<>(map));
          case String json -> json;
          default ->
              throw new InvalidInputException(
                  ErrorCode.INVALID_REQUEST,
                  "The arguments of tool '"
                      + name
                      + "' have the type "
                      + arguments.getClass().getName()
                      + "; expected a Map or a String of JSON.");
        };
  }

  /**
   * Makes a call without an id.
   *
   * @param name name of the tool
   * @param arguments its arguments by name
   * @return the call
   */
  public static ToolCall of(String name, Map<String, ? extends @Nullable Object> arguments) {
    return new ToolCall(name, arguments, null);
  }

  Map<String, Object> toVariables() {
    Map<String, Object> variables = new LinkedHashMap<>();
    if (id != null) {
      variables.put("id", id);
    }
    variables.put("type", "function");
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", name);
    function.put("arguments", arguments);
    variables.put("function", function);
    return variables;
  }
}
