package org.mla4j.models.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.models.TestData;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The prompts recorded beside a checkpoint, with the reference's logits and continuations. */
public final class GoldenPrompts {
  /**
   * One prompt.
   *
   * @param name for example {@code p33}
   * @param ids token ids
   * @param logits rows of logits of the last positions, one row or all
   * @param greedy the tokens that follow
   */
  public record Prompt(String name, int[] ids, List<float[]> logits, List<Integer> greedy) {}

  private GoldenPrompts() {}

  /** Reads the prompts of a checkpoint. */
  public static List<Prompt> of(String golden) {
    Path folder = TestData.golden(golden);
    try {
      JsonNode manifest = JsonMapper.shared().readTree(folder.resolve("golden.json").toFile());
      ByteBuffer tensors =
          ByteBuffer.wrap(Files.readAllBytes(folder.resolve("golden.bin")))
              .order(ByteOrder.LITTLE_ENDIAN);
      List<Prompt> prompts = new ArrayList<>();
      for (JsonNode prompt : manifest.get("prompts")) {
        prompts.add(
            new Prompt(
                prompt.get("name").asString(),
                ids(prompt.get("input_ids")).stream().mapToInt(Integer::intValue).toArray(),
                rows(manifest.get("tensors").get(prompt.get("logits").asString()), tensors),
                ids(prompt.get("greedy_ids"))));
      }
      return prompts;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of all tensors recorded beside a checkpoint but the logits. */
  public static Set<String> insides(String golden) {
    JsonNode manifest =
        JsonMapper.shared().readTree(TestData.golden(golden).resolve("golden.json").toFile());
    Set<String> names = new TreeSet<>(manifest.get("tensors").propertyNames());
    names.removeIf(name -> name.startsWith("logits."));
    return names;
  }

  private static List<Integer> ids(JsonNode array) {
    return array.valueStream().map(JsonNode::asInt).toList();
  }

  private static List<float[]> rows(JsonNode entry, ByteBuffer tensors) {
    int rows = entry.get("shape").get(0).asInt();
    int width = entry.get("shape").get(1).asInt();
    List<float[]> all = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      float[] values = new float[width];
      tensors
          .slice(entry.get("offset").asInt() + row * width * Float.BYTES, width * Float.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values);
      all.add(values);
    }
    return all;
  }
}
