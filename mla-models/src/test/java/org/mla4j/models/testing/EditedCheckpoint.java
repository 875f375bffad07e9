package org.mla4j.models.testing;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.TestData;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A golden checkpoint with something changed, in a folder of its own. */
public final class EditedCheckpoint {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Path source;
  private final Path folder;
  private final ObjectNode config;
  private final ObjectNode header;
  private byte[] data;

  private EditedCheckpoint(
      Path source, Path folder, ObjectNode config, ObjectNode header, byte[] data) {
    this.source = source;
    this.folder = folder;
    this.config = config;
    this.header = header;
    this.data = data;
  }

  /** A copy of a golden checkpoint, to be written to a folder. */
  public static EditedCheckpoint of(String golden, Path folder) {
    Path source = TestData.golden(golden);
    try {
      byte[] file = Files.readAllBytes(source.resolve("model.safetensors"));
      int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
      String header = new String(file, Long.BYTES, length, StandardCharsets.UTF_8);
      return new EditedCheckpoint(
          source,
          folder,
          (ObjectNode) JSON.readTree(source.resolve("config.json").toFile()),
          (ObjectNode) JSON.readTree(header),
          Arrays.copyOfRange(file, Long.BYTES + length, file.length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes config.json. */
  public EditedCheckpoint config(Consumer<ObjectNode> change) {
    change.accept(config);
    return this;
  }

  /** Gives a field of config.json a value that is JSON with single quotes; null removes it. */
  public EditedCheckpoint config(String field, String json) {
    if (json == null) {
      config.remove(field);
    } else {
      config.set(field, JSON.readTree(json.replace('\'', '"')));
    }
    return this;
  }

  public EditedCheckpoint rename(String tensor, String name) {
    header.set(name, header.remove(tensor));
    return this;
  }

  /** Gives a field of a tensor's entry in the header a value that is JSON with single quotes. */
  public EditedCheckpoint header(String tensor, String field, String json) {
    ((ObjectNode) header.get(tensor)).set(field, JSON.readTree(json.replace('\'', '"')));
    return this;
  }

  /** Gives a tensor another shape with as many elements. */
  public EditedCheckpoint reshape(String tensor, long... shape) {
    ((ObjectNode) header.get(tensor)).set("shape", JSON.valueToTree(shape));
    return this;
  }

  /** Changes the bytes of a tensor. */
  public EditedCheckpoint bytes(String tensor, Consumer<ByteBuffer> change) {
    int begin = header.get(tensor).get("data_offsets").get(0).asInt();
    int end = header.get(tensor).get("data_offsets").get(1).asInt();
    change.accept(ByteBuffer.wrap(data, begin, end - begin).slice().order(ByteOrder.LITTLE_ENDIAN));
    return this;
  }

  /** Adds a tensor of bfloat16 zeros behind the others. */
  public EditedCheckpoint add(String tensor, long... shape) {
    int begin = data.length;
    data = Arrays.copyOf(data, begin + Math.toIntExact(2 * Shape.of(shape).elements()));
    ObjectNode entry = header.putObject(tensor).put("dtype", "BF16");
    entry.set("shape", JSON.valueToTree(shape));
    entry.set("data_offsets", JSON.valueToTree(new int[] {begin, data.length}));
    return this;
  }

  /** Writes configuration, weights, and the tokenizer as it was. */
  public Path writeModel() {
    try {
      for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
        Files.copy(source.resolve(file), folder.resolve(file), REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return write();
  }

  /** Writes configuration and weights. */
  public Path write() {
    try {
      Files.writeString(folder.resolve("config.json"), config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SafetensorsFile.write(folder.resolve("model.safetensors"), header.toString(), data);
    return folder;
  }
}
