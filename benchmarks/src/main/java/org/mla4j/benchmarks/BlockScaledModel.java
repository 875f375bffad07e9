package org.mla4j.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model with its projections as FP8 codes with a scale for each 128 x 128, as DeepSeek-V3
 * is published: the largest value of a block becomes the largest code.
 */
final class BlockScaledModel {
  private static final int BLOCK = 128;
  private static final String PROJECTION = "_proj.weight";

  private BlockScaledModel() {}

  /** Writes the folder, which does not exist yet: configuration and weights. */
  static void write(Path model, Path target) throws IOException {
    Files.createDirectory(target);
    JsonMapper json = JsonMapper.shared();
    ObjectNode config = (ObjectNode) json.readTree(model.resolve("config.json"));
    ObjectNode quantization = config.putObject("quantization_config");
    quantization.put("quant_method", "fp8").put("fmt", "e4m3");
    quantization.putArray("weight_block_size").add(BLOCK).add(BLOCK);
    Files.writeString(target.resolve("config.json"), config.toPrettyString());
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      List<WeightHandle> weights =
          new TreeSet<>(checkpoint.names()).stream().map(checkpoint::require).toList();
      List<Announced> announced = new ArrayList<>();
      for (WeightHandle weight : weights) {
        boolean scaled = isProjection(weight);
        announced.add(
            new Announced(weight.name(), scaled ? DType.F8_E4M3 : weight.dtype(), weight.shape()));
        if (scaled) {
          announced.add(new Announced(scaleName(weight), DType.F32, grid(weight)));
        }
      }
      Path file = target.resolve("model.safetensors");
      try (SafetensorsWriter writer = SafetensorsWriter.create(file, announced)) {
        for (WeightHandle weight : weights) {
          if (isProjection(weight)) {
            writeScaled(weight, writer);
          } else {
            writer.write(weight);
          }
        }
        writer.finish();
      }
    }
  }

  private static boolean isProjection(WeightHandle weight) {
    return weight.name().endsWith(PROJECTION) && weight.shape().rank() == 2;
  }

  private static String scaleName(WeightHandle weight) {
    return weight.name() + Checkpoint.SCALE_SUFFIX;
  }

  private static Shape grid(WeightHandle weight) {
    return Shape.of(
        Math.ceilDiv(weight.shape().extent(0), BLOCK),
        Math.ceilDiv(weight.shape().extent(1), BLOCK));
  }

  private static void writeScaled(WeightHandle weight, SafetensorsWriter writer) {
    Shape shape = weight.shape();
    Shape grid = grid(weight);
    int columns = Math.toIntExact(shape.extent(1));
    int blocksOfRow = Math.toIntExact(grid.extent(1));
    int elements = Math.toIntExact(shape.elements());
    float[] scales = new float[Math.toIntExact(grid.elements())];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(4L * elements, 64);
      weight.materialise(Tensor.dense(DType.F32, shape, values));
      for (int i = 0; i < elements; i++) {
        int block = block(i, columns, blocksOfRow);
        float size = Math.abs(values.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        scales[block] = Math.max(scales[block], size / Float8E4M3.MAX_VALUE);
      }
      MemorySegment codes = arena.allocate(elements);
      for (int i = 0; i < elements; i++) {
        float scale = scales[block(i, columns, blocksOfRow)];
        float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        byte code = Float8E4M3.fromFloat(scale == 0 ? 0 : value / scale);
        codes.set(ValueLayout.JAVA_BYTE, i, code);
      }
      writer.write(new BenchWeight(weight.name(), Tensor.dense(DType.F8_E4M3, shape, codes)));
    }
    writer.write(scaleName(weight), grid, scales);
  }

  private static int block(int element, int columns, int blocksOfRow) {
    return element / columns / BLOCK * blocksOfRow + element % columns / BLOCK;
  }
}
