package org.mla4j.models.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The recorded outputs beside a checkpoint: {@code golden.json} and {@code golden.bin}. */
final class GoldenData {
  private static final String FORMAT = "mla-golden/1";

  private final Path folder;
  private final JsonNode manifest;
  private final ByteBuffer data;

  private GoldenData(Path folder, JsonNode manifest, ByteBuffer data) {
    this.folder = folder;
    this.manifest = manifest;
    this.data = data;
  }

  /** One prompt with what the reference made of it. Its arrays are only read. */
  @SuppressWarnings("ArrayRecordComponent")
  record Prompt(
      String name, int[] inputIds, String logits, boolean allPositions, int[] greedyIds) {}

  static GoldenData open(Path folder) {
    Path json = folder.resolve("golden.json");
    if (!Files.isRegularFile(json)) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Nothing to verify against in '"
              + folder
              + "': expected golden.json and golden.bin beside the checkpoint.");
    }
    try {
      JsonNode manifest = new ObjectMapper().readTree(Files.readString(json));
      String format = text(manifest, "format");
      if (!format.equals(FORMAT)) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            json + ": field 'format' is '" + format + "'; expected '" + FORMAT + "'.");
      }
      byte[] bytes = Files.readAllBytes(folder.resolve("golden.bin"));
      return new GoldenData(
          folder, manifest, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException | JacksonException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Cannot read the recorded outputs in '" + folder + "': " + e,
          e);
    }
  }

  List<Prompt> prompts() {
    List<Prompt> prompts = new ArrayList<>();
    for (JsonNode prompt : manifest.path("prompts")) {
      prompts.add(
          new Prompt(
              text(prompt, "name"),
              ints(prompt, "input_ids"),
              text(prompt, "logits"),
              text(prompt, "logits_positions").equals("all"),
              ints(prompt, "greedy_ids")));
      if (prompts.getLast().inputIds().length == 0) {
        throw malformed("a prompt of 'prompts' has no 'input_ids'; expected at least one");
      }
    }
    return prompts;
  }

  /** The prompt whose hidden states are recorded. */
  String recordedPrompt() {
    return text(manifest, "recorded_prompt");
  }

  boolean contains(String tensor) {
    return manifest.path("tensors").has(tensor);
  }

  int[] shape(String tensor) {
    return ints(entry(tensor), "shape");
  }

  /** A tensor of integers or floats, widened. */
  double[] values(String tensor) {
    JsonNode entry = entry(tensor);
    String dtype = text(entry, "dtype");
    int offset = integer(entry.path("offset"), "offset");
    int width = dtype.endsWith("64") ? 8 : 4;
    long count = 1;
    for (int extent : shape(tensor)) {
      // One that is larger than the file stays so; the product of several might not.
      count = Math.min(count * Math.max(extent, 0), Integer.MAX_VALUE);
    }
    if (offset < 0 || offset + count * width > data.capacity()) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Recorded tensor '"
              + tensor
              + "' in '"
              + folder
              + "' needs bytes "
              + offset
              + " to "
              + (offset + count * width)
              + "; golden.bin has "
              + data.capacity()
              + ".");
    }
    double[] values = new double[(int) count];
    for (int i = 0; i < count; i++) {
      values[i] =
          switch (dtype) {
            case "float32" -> data.getFloat(offset + 4 * i);
            case "float64" -> data.getDouble(offset + 8 * i);
            case "int32" -> data.getInt(offset + 4 * i);
            case "int64" -> data.getLong(offset + 8 * i);
            default ->
                throw new ModelException(
                    ErrorCode.MALFORMED_FILE,
                    "Recorded tensor '"
                        + tensor
                        + "' in '"
                        + folder
                        + "' has dtype '"
                        + dtype
                        + "'; expected float32, float64, int32 or int64.");
          };
    }
    return values;
  }

  private JsonNode entry(String tensor) {
    JsonNode entry = manifest.path("tensors").path(tensor);
    if (entry.isMissingNode()) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "golden.json in '" + folder + "' lists no tensor '" + tensor + "'.");
    }
    return entry;
  }

  private int[] ints(JsonNode object, String field) {
    JsonNode values = object.path(field);
    if (!values.isArray()) {
      throw malformed(
          "field '" + field + "' is " + shown(values) + "; expected a list of integers");
    }
    return StreamSupport.stream(values.spliterator(), false)
        .mapToInt(value -> integer(value, field))
        .toArray();
  }

  private int integer(JsonNode value, String field) {
    if (!value.isInt()) {
      throw malformed("field '" + field + "' has " + shown(value) + "; expected an integer");
    }
    return value.intValue();
  }

  /** Empty if it is not there. */
  private static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isString() ? value.stringValue() : "";
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "missing" : "a " + value.getNodeType();
  }

  private ModelException malformed(String problem) {
    return new ModelException(
        ErrorCode.MALFORMED_FILE, folder.resolve("golden.json") + ": " + problem + ".");
  }
}
