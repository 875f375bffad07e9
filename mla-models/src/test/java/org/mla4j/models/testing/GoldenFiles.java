package org.mla4j.models.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Outputs for one prompt, as {@code golden.json} and {@code golden.bin} beside a checkpoint. */
public final class GoldenFiles {
  private static final String PROMPT = "p";

  private final ObjectNode manifest = JsonMapper.shared().createObjectNode();
  private final ObjectNode tensors = manifest.putObject("tensors");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** The prompt; a greedy answer to it is not recorded. */
  public GoldenFiles(int[] ids) {
    manifest.put("format", "mla-golden/1").put("recorded_prompt", PROMPT);
    ObjectNode prompt = manifest.putArray("prompts").addObject();
    prompt.put("name", PROMPT).put("logits", "logits").put("logits_positions", "all");
    prompt.set("input_ids", JsonMapper.shared().valueToTree(ids));
    prompt.putArray("greedy_ids");
  }

  public GoldenFiles logits(double[][] rows) {
    return tensor("logits", rows);
  }

  /** The residual stream after a layer. */
  public GoldenFiles layer(int index, double[][] rows) {
    return tensor("hidden." + PROMPT + ".layer" + index, rows);
  }

  public void write(Path folder) {
    try {
      Files.writeString(folder.resolve("golden.json"), manifest.toString());
      Files.write(folder.resolve("golden.bin"), data.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private GoldenFiles tensor(String name, double[][] rows) {
    ObjectNode entry = tensors.putObject(name).put("dtype", "float64").put("offset", data.size());
    entry.putArray("shape").add(rows.length).add(rows[0].length);
    ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * rows.length * rows[0].length);
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (double[] row : rows) {
      for (double value : row) {
        bytes.putDouble(value);
      }
    }
    data.writeBytes(bytes.array());
    return this;
  }
}
