package org.mla4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.SafetensorsWriter;
import org.mla4j.models.checkpoint.SafetensorsWriter.Announced;

/**
 * Square FP8 weights with a scale for each 128 x 128, as the checkpoint of a model gives them. They
 * are read from files in a temporary folder, which goes when this is closed; what was leased stays.
 */
final class BlockScaledWeights implements AutoCloseable {
  private static final int BLOCK = 128;
  private static final String NAME = "weight";
  private static final String FILE = "model.safetensors";

  private final Path folder = Files.createTempDirectory("mla-benchmark");
  private final int width;
  private final List<Checkpoint> opened = new ArrayList<>();

  BlockScaledWeights(int width) throws IOException {
    this.width = width;
    write(folder.resolve(FILE));
  }

  /** A weight with memory of its own: the file is mapped anew from a copy. */
  WeightHandle weight(int layer) {
    try {
      Path copy = Files.createDirectory(folder.resolve("layer" + layer));
      Files.copy(folder.resolve(FILE), copy.resolve(FILE));
      Checkpoint checkpoint = Checkpoint.open(copy);
      opened.add(checkpoint);
      return checkpoint.require(NAME);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(Path file) throws IOException {
    Shape shape = Shape.of(width, width);
    Shape grid = Shape.of(width / BLOCK, width / BLOCK);
    List<Announced> announced =
        List.of(
            new Announced(NAME, DType.F8_E4M3, shape),
            new Announced(NAME + Checkpoint.SCALE_SUFFIX, DType.F32, grid));
    float[] scales = new float[Math.toIntExact(grid.elements())];
    Arrays.fill(scales, 0.25f);
    try (Arena arena = Arena.ofConfined();
        SafetensorsWriter writer = SafetensorsWriter.create(file, announced)) {
      MemorySegment codes = arena.allocate(shape.elements());
      RandomElements.fill(DType.F8_E4M3, codes);
      writer.write(new BenchWeight(Tensor.dense(DType.F8_E4M3, shape, codes)));
      writer.write(NAME + Checkpoint.SCALE_SUFFIX, grid, scales);
      writer.finish();
    }
  }

  @Override
  public void close() throws IOException {
    opened.forEach(Checkpoint::close);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
