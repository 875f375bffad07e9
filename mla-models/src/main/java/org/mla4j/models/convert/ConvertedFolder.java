package org.mla4j.models.convert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.RealMatrix;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes the folder of a converted model: all of it, or nothing. */
final class ConvertedFolder {
  private static final JsonMapper JSON = new JsonMapper();

  /** What a tokenizer and a chat format may consist of. */
  private static final List<String> COPIED =
      List.of(
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json",
          "generation_config.json");

  private static final String ATTENTION = ".self_attn.";
  private static final List<String> NORMS = List.of("q_norm", "k_norm");

  private final ModelConfig config;
  private final GqaShape shape;
  private final Checkpoint checkpoint;
  private final DType dtype;
  private final boolean biased;

  /**
   * Prepares a conversion.
   *
   * @param dtype of computed matrices; empty for that of the source's keys
   */
  ConvertedFolder(
      ModelConfig config, GqaShape shape, Checkpoint checkpoint, Optional<DType> dtype) {
    this.config = config;
    this.shape = shape;
    this.checkpoint = checkpoint;
    String keys = "model.layers.0" + ATTENTION + "k_proj.";
    this.dtype = dtype.orElseGet(() -> storable(checkpoint.require(keys + "weight")));
    biased = checkpoint.find(keys + "bias").isPresent();
  }

  /** Refuses a target that exists. */
  static void requireFree(Path target) {
    if (Files.exists(target)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Target '" + target + "' exists; expected a folder that is yet to be made.");
    }
  }

  /**
   * Writes the folder.
   *
   * @param fits the layers
   * @param rank width of the latent
   * @param ropeTheta base of the rotary frequencies
   * @param weights reads a layer of the source
   */
  void write(
      Path target,
      List<LayerFit> fits,
      int rank,
      double ropeTheta,
      IntFunction<LayerWeights> weights,
      ProgressListener progress) {
    try {
      Path parent = target.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      // Not a temporary folder of the JVM's making: nobody else could read that.
      Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
      Files.createDirectory(unfinished);
      try {
        writeConfig(unfinished.resolve(ModelConfig.FILE), fits.getFirst(), rank, ropeTheta);
        copyOthers(unfinished);
        writeWeights(unfinished.resolve("model.safetensors"), fits, rank, weights, progress);
        Files.move(unfinished, target);
      } catch (IOException | RuntimeException | Error e) {
        delete(unfinished, e);
        throw e;
      }
    } catch (IOException e) {
      throw unwritable(target, e);
    } catch (UncheckedIOException e) {
      throw unwritable(target, e);
    }
  }

  private void writeConfig(Path file, LayerFit fit, int rank, double ropeTheta) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(config.file().toFile());
    int rope = fit.rope().project().getRowDimension();
    json.putArray("architectures").add("LlamaMLAForCausalLM");
    json.put("model_type", "deepseek_v3");
    json.put("attention_bias", biased);
    json.put("num_key_value_heads", shape.heads());
    json.put("head_dim", rope);
    json.put("qk_rope_head_dim", rope);
    json.put("qk_nope_head_dim", fit.elements().length);
    json.put("v_head_dim", shape.headDim());
    json.putNull("q_lora_rank");
    json.put("kv_lora_rank", rank);
    json.put("qk_latent_layernorm", false);
    json.put("qk_head_norm", shape.normedHeads());
    json.put("rope_theta", ropeTheta);
    for (String replaced :
        List.of("rope_parameters", "rope_scaling", "auto_map", "quantization_config")) {
      json.remove(replaced);
    }
    Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
  }

  private void copyOthers(Path folder) throws IOException {
    for (String name : COPIED) {
      Path file = checkpoint.folder().resolve(name);
      if (Files.isRegularFile(file)) {
        Files.copy(file, folder.resolve(name));
      }
    }
  }

  private void writeWeights(
      Path file,
      List<LayerFit> fits,
      int rank,
      IntFunction<LayerWeights> weights,
      ProgressListener progress)
      throws IOException {
    List<WeightHandle> copied = copied();
    List<Announced> announced = new ArrayList<>();
    copied.forEach(
        weight -> announced.add(new Announced(weight.name(), storable(weight), weight.shape())));
    for (int layer = 0; layer < shape.layers(); layer++) {
      announced.addAll(computed(layer, fits.get(layer), rank));
    }
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, announced)) {
      copied.forEach(writer::write);
      for (int layer = 0; layer < shape.layers(); layer++) {
        write(writer, layer, fits.get(layer), rank, weights.apply(layer));
        progress.progress("layers written", layer + 1, shape.layers());
      }
      writer.finish();
    }
  }

  /** Everything but the projections of queries, keys and values. */
  private List<WeightHandle> copied() {
    return checkpoint.names().stream()
        .filter(name -> !name.contains(ATTENTION) || name.contains(ATTENTION + "o_proj."))
        .filter(name -> !name.endsWith(Checkpoint.SCALE_SUFFIX))
        .map(checkpoint::require)
        .toList();
  }

  private List<Announced> computed(int layer, LayerFit fit, int rank) {
    int rope = fit.rope().project().getRowDimension();
    int nope = fit.elements().length;
    List<Announced> announced = new ArrayList<>();
    announce(announced, layer, "q_proj", shape.heads() * (nope + rope), shape.hidden(), biased);
    announce(announced, layer, "kv_a_proj_with_mqa", rank + rope, shape.hidden(), biased);
    if (shape.normedHeads()) {
      for (String norm : NORMS) {
        announced.add(new Announced(name(layer, norm, "weight"), dtype, Shape.of(nope + rope)));
      }
    }
    announce(announced, layer, "kv_b_proj", shape.heads() * (nope + shape.headDim()), rank, false);
    return announced;
  }

  private void announce(
      List<Announced> announced, int layer, String name, int rows, int columns, boolean bias) {
    announced.add(new Announced(name(layer, name, "weight"), dtype, Shape.of(rows, columns)));
    if (bias) {
      announced.add(new Announced(name(layer, name, "bias"), dtype, Shape.of(rows)));
    }
  }

  private void write(
      SafetensorsWriter writer, int layer, LayerFit fit, int rank, LayerWeights weights) {
    writeBiased(writer, layer, "q_proj", fit.queries(weights));
    writeBiased(
        writer, layer, "kv_a_proj_with_mqa", fit.down(rank).multiply(weights.keysAndValues()));
    if (shape.normedHeads()) {
      for (String norm : NORMS) {
        float[] values = fit.inOrder(headNorm(layer, norm));
        writer.write(name(layer, norm, "weight"), Shape.of(values.length), values);
      }
    }
    RealMatrix up = fit.up(rank);
    write(writer, name(layer, "kv_b_proj", "weight"), up, rank);
  }

  private float[] headNorm(int layer, String norm) {
    return LayerWeights.floats(checkpoint.require(name(layer, norm, "weight")));
  }

  /** The last column is the bias. */
  private void writeBiased(SafetensorsWriter writer, int layer, String name, RealMatrix matrix) {
    write(writer, name(layer, name, "weight"), matrix, shape.hidden());
    if (biased) {
      float[] bias = new float[matrix.getRowDimension()];
      for (int row = 0; row < bias.length; row++) {
        bias[row] = (float) matrix.getEntry(row, shape.hidden());
      }
      writer.write(name(layer, name, "bias"), Shape.of(bias.length), bias);
    }
  }

  private static void write(SafetensorsWriter writer, String name, RealMatrix matrix, int columns) {
    int rows = matrix.getRowDimension();
    float[] values = new float[Math.multiplyExact(rows, columns)];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        values[row * columns + column] = (float) matrix.getEntry(row, column);
      }
    }
    writer.write(name, Shape.of(rows, columns), values);
  }

  private static String name(int layer, String module, String part) {
    return "model.layers." + layer + ATTENTION + module + "." + part;
  }

  /** The type as stored, if it is a float of 16 or 32 bits. */
  private static DType storable(WeightHandle weight) {
    return switch (weight.dtype()) {
      case F32, BF16, F16 -> weight.isPlain() ? weight.dtype() : DType.BF16;
      default -> DType.BF16;
    };
  }

  private static InvalidInputException unwritable(Path target, Exception cause) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Target '" + target + "' cannot be written: " + cause + ".",
        cause);
  }

  private static void delete(Path folder, Throwable failure) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
