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
      String format = manifest.path("format").asString("");
      if (!format.equals(FORMAT)) {
        throw new ModelException(
            ErrorCode.MALFORMED_FILE,
            json + ": field 'format' is '" + format + "'; expected '" + FORMAT + "'.");
      }
      byte[] bytes =
          Files.readAllBytes(
              folder.resolve(manifest.path("bin").path("file").asString("golden.bin")));
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
              prompt.path("name").asString(),
              ints(prompt.path("input_ids")),
              prompt.path("logits").asString(),
              prompt.path("logits_positions").asString().equals("all"),
              ints(prompt.path("greedy_ids"))));
    }
    return prompts;
  }

  /** The prompt whose hidden states are recorded. */
  String recordedPrompt() {
    return manifest.path("recorded_prompt").asString("");
  }

  boolean contains(String tensor) {
    return manifest.path("tensors").has(tensor);
  }

  int[] shape(String tensor) {
    return ints(entry(tensor).path("shape"));
  }

  /** A tensor of integers or floats, widened. */
  double[] values(String tensor) {
    JsonNode entry = entry(tensor);
    String dtype = entry.path("dtype").asString();
    int offset = entry.path("offset").asInt();
    int count = 1;
    for (int extent : shape(tensor)) {
      count *= extent;
    }
    int bytes = count * (dtype.endsWith("64") ? 8 : 4);
    if (offset < 0 || offset > data.capacity() - bytes) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          "Recorded tensor '"
              + tensor
              + "' in '"
              + folder
              + "' needs bytes "
              + offset
              + " to "
              + ((long) offset + bytes)
              + "; golden.bin has "
              + data.capacity()
              + ".");
    }
    double[] values = new double[count];
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

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
