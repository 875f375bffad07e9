package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.JsonNode;

/**
 * A {@code config.json}, or a section of one, read field by field: each getter says what it
 * expected and where when a field is missing or of another kind. A field whose value is null counts
 * as absent. Immutable.
 */
public final class ModelConfig {
  /** What the file is called in a folder. */
  public static final String FILE = "config.json";

  private final Path file;
  private final String section;
  private final JsonNode node;

  private ModelConfig(Path file, String section, JsonNode node) {
    this.file = file;
    this.section = section;
    this.node = node;
  }

  /**
   * Reads a configuration.
   *
   * @param file a JSON file
   * @return the configuration
   * @throws ModelException if the file is missing or no JSON object
   */
  public static ModelConfig read(Path file) {
    return new ModelConfig(file, "", JsonFile.readObject(file, ErrorCode.MODEL_CONFIG));
  }

  /**
   * Reads the configuration of a model, wherever it keeps it: in {@code config.json}, or in the
   * metadata of a GGUF file, as the fields that {@code config.json} would have.
   *
   * @param model a folder; or a GGUF file, of a split model the first
   * @return the configuration
   * @throws ModelException if the file is missing or malformed, or metadata say something that no
   *     field has a word for
   */
  public static ModelConfig of(Path model) {
    return GgufFile.isMeantBy(model)
        ? new ModelConfig(model, "", GgufConfig.read(model))
        : read(model.resolve(FILE));
  }

  /**
   * Returns the file.
   *
   * @return the file that was read
   */
  public Path file() {
    return file;
  }

  /**
   * Tells whether a field is there and not null.
   *
   * @param field its name
   * @return true if so
   */
  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /**
   * Returns an integer.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is missing or no 32-bit integer
   */
  public int intField(String field) {
    return optionalInt(field).orElseThrow(() -> missing(field, "an integer"));
  }

  /**
   * Returns an integer if it is there.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is no 32-bit integer
   */
  public OptionalInt optionalInt(String field) {
    if (!has(field)) {
      return OptionalInt.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw refused(field, value.toString(), "an integer");
    }
    return OptionalInt.of(value.asInt());
  }

  /**
   * Returns an integer above 0: a width or a count.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is missing or no positive 32-bit integer
   */
  public int positiveInt(String field) {
    int value = optionalInt(field).orElseThrow(() -> missing(field, "a positive integer"));
    if (value <= 0) {
      throw refused(field, Integer.toString(value), "a positive integer");
    }
    return value;
  }

  /**
   * Returns a number of things, of which there may be none.
   *
   * @param field its name
   * @return its value; 0 if it is not there
   * @throws ModelException if it is negative or no 32-bit integer
   */
  public int count(String field) {
    int value = optionalInt(field).orElse(0);
    if (value < 0) {
      throw refused(field, Integer.toString(value), "0 or more");
    }
    return value;
  }

  /**
   * Returns a number.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is missing or no finite number
   */
  public double doubleField(String field) {
    return optionalDouble(field).orElseThrow(() -> missing(field, "a number"));
  }

  /**
   * Returns a number if it is there.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is no finite number
   */
  public OptionalDouble optionalDouble(String field) {
    if (!has(field)) {
      return OptionalDouble.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isNumber()) {
      throw refused(field, value.toString(), "a number");
    }
    // Not asDouble(), which throws where the number is too large.
    double number = value.numberValue().doubleValue();
    if (!Double.isFinite(number)) {
      throw refused(field, value.numberValue().toString(), "a number that 64 bits can hold");
    }
    return OptionalDouble.of(number);
  }

  /**
   * Returns a truth value.
   *
   * @param field its name
   * @param absent its value when it is not there
   * @return its value
   * @throws ModelException if it is neither true nor false
   */
  public boolean booleanField(String field, boolean absent) {
    if (!has(field)) {
      return absent;
    }
    JsonNode value = node.get(field);
    if (!value.isBoolean()) {
      throw refused(field, value.toString(), "true or false");
    }
    return value.asBoolean();
  }

  /**
   * Returns a string if it is there.
   *
   * @param field its name
   * @return its value
   * @throws ModelException if it is no string
   */
  public Optional<String> optionalString(String field) {
    if (!has(field)) {
      return Optional.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isString()) {
      throw refused(field, value.toString(), "a string");
    }
    return Optional.of(value.asString());
  }

  /**
   * Returns a string that must be one of some.
   *
   * @param field its name
   * @param absent its value when it is not there
   * @param supported the values that are understood
   * @return its value
   * @throws ModelException if it is another, naming those supported
   */
  public String choice(String field, String absent, String... supported) {
    String value = optionalString(field).orElse(absent);
    if (!Arrays.asList(supported).contains(value)) {
      throw refused(field, "\"" + value + "\"", "one of " + String.join(", ", supported));
    }
    return value;
  }

  /**
   * Returns a list of strings.
   *
   * @param field its name
   * @return its values; empty if it is not there
   * @throws ModelException if it is no list of strings
   */
  public List<String> strings(String field) {
    if (!has(field)) {
      return List.of();
    }
    JsonNode value = node.get(field);
    if (!value.isArray()
        || !StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isString)) {
      throw refused(field, value.toString(), "a list of strings");
    }
    return StreamSupport.stream(value.spliterator(), false).map(JsonNode::asString).toList();
  }

  /**
   * Returns integers given as one or as a list.
   *
   * @param field its name
   * @return its values; empty if it is not there
   * @throws ModelException if it is neither an integer nor a list of them
   */
  public int[] ints(String field) {
    if (!has(field)) {
      return new int[0];
    }
    JsonNode value = node.get(field);
    List<JsonNode> all =
        value.isArray()
            ? StreamSupport.stream(value.spliterator(), false).toList()
            : List.of(value);
    if (!all.stream().allMatch(each -> each.isIntegralNumber() && each.canConvertToInt())) {
      throw refused(field, value.toString(), "an integer or a list of integers");
    }
    return all.stream().mapToInt(JsonNode::asInt).toArray();
  }

  /** Numbers given as a list; empty if it is not there. */
  float[] floats(String field) {
    if (!has(field)) {
      return new float[0];
    }
    JsonNode value = node.get(field);
    if (!value.isArray()
        || !StreamSupport.stream(value.spliterator(), false).allMatch(JsonNode::isNumber)) {
      throw refused(field, value.toString(), "a list of numbers");
    }
    float[] all = new float[value.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = value.get(i).numberValue().floatValue();
    }
    return all;
  }

  /**
   * Returns a list of numbers.
   *
   * @param field its name
   * @return its values; empty if it is not there
   * @throws ModelException if it is no list of finite numbers
   */
  public List<Double> doubles(String field) {
    if (!has(field)) {
      return List.of();
    }
    JsonNode value = node.get(field);
    if (!value.isArray()
        || !StreamSupport.stream(value.spliterator(), false)
            .allMatch(
                each -> each.isNumber() && Double.isFinite(each.numberValue().doubleValue()))) {
      throw refused(field, value.toString(), "a list of numbers that 64 bits can hold");
    }
    return StreamSupport.stream(value.spliterator(), false)
        .map(each -> each.numberValue().doubleValue())
        .toList();
  }

  /**
   * Returns a section.
   *
   * @param field its name
   * @return the section; empty if it is not there
   * @throws ModelException if it is no object
   */
  public Optional<ModelConfig> section(String field) {
    if (!has(field)) {
      return Optional.empty();
    }
    JsonNode value = node.get(field);
    if (!value.isObject()) {
      throw refused(field, value.toString(), "an object");
    }
    return Optional.of(new ModelConfig(file, path(field) + ".", value));
  }

  /**
   * Makes something of several fields that checks them and how they fit together.
   *
   * @param <T> what is made
   * @param maker makes it
   * @return what was made
   * @throws ModelException if the maker refuses the values; besides its reason it names the file
   */
  public <T> T checked(Supplier<T> maker) {
    try {
      return maker.get();
    } catch (InvalidInputException e) {
      // The code of the cause would stand before the one of this message.
      String reason = String.valueOf(e.getMessage()).replace(" [" + e.code().id() + "]", "");
      throw new ModelException(ErrorCode.MODEL_CONFIG, file + ": " + reason, e);
    }
  }

  /**
   * Returns an exception that says what is wrong with a field.
   *
   * @param field its name
   * @param given what was given
   * @param expected what was expected
   * @return the exception, to be thrown
   */
  public ModelException refused(String field, String given, String expected) {
    return new ModelException(
        ErrorCode.MODEL_CONFIG,
        file
            + ": field '"
            + path(field)
            + "' is "
            + Excerpt.of(given)
            + "; expected "
            + expected
            + ".");
  }

  private ModelException missing(String field, String expected) {
    return new ModelException(
        ErrorCode.MODEL_CONFIG,
        file + ": field '" + path(field) + "' is missing; expected " + expected + ".");
  }

  private String path(String field) {
    return section + field;
  }
}
