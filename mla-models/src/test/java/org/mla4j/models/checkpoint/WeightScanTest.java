package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.tensor.Shape;
import org.mla4j.models.TestData;
import org.mla4j.models.testing.GgufBytes;
import org.mla4j.models.testing.ResidentPages;
import org.mla4j.models.testing.SafetensorsFile;

/** Weights that are NaN or infinite are found, with where they are. */
class WeightScanTest {
  @TempDir Path folder;

  @Test
  void tellsTensorFileFirstIndexAndCount() {
    float[] values = new float[35];
    values[17] = Float.NaN;
    values[18] = Float.POSITIVE_INFINITY;
    values[34] = Float.NEGATIVE_INFINITY;
    Path file =
        new SafetensorsFile()
            .floats("good", new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE}, 3)
            .floats("bad", values, 5, 7)
            .floats("one", new float[] {Float.NaN})
            .write(folder.resolve("model.safetensors"));
    List<NonFiniteTensor> found = scan();
    assertEquals(
        List.of(
            new NonFiniteTensor("bad", file, "F32", Shape.of(5, 7), 17, 3),
            new NonFiniteTensor("one", file, "F32", Shape.of(), 0, 1)),
        found);
    assertEquals(
        List.of(
            file
                + ": tensor 'bad', F32 [5, 7], has 3 elements that are NaN or infinite, the first at"
                + " index 17; expected finite numbers.",
            file
                + ": tensor 'one', F32 [], has 1 element that is NaN or infinite, at index 0;"
                + " expected finite numbers."),
        found.stream().map(NonFiniteTensor::describe).toList());
  }

  /** Types with the little-endian bytes of a NaN, and of an infinity if there is one. */
  static Stream<TypeCase> types() {
    return Stream.of(
        new TypeCase("F64", bytes(0, 0, 0, 0, 0, 0, 0xF8, 0x7F)),
        new TypeCase("F64", bytes(0, 0, 0, 0, 0, 0, 0xF0, 0xFF)),
        new TypeCase("F32", bytes(0, 0, 0xC0, 0x7F)),
        new TypeCase("F32", bytes(0, 0, 0x80, 0xFF)),
        new TypeCase("F16", bytes(0x01, 0xFC)),
        new TypeCase("F16", bytes(0x00, 0x7C)),
        new TypeCase("BF16", bytes(0xC0, 0x7F)),
        new TypeCase("BF16", bytes(0x80, 0xFF)),
        new TypeCase("F8_E4M3", bytes(0x7F)),
        new TypeCase("F8_E4M3", bytes(0xFF)),
        new TypeCase("F8_E5M2", bytes(0x7C)),
        new TypeCase("F8_E8M0", bytes(0xFF)));
  }

  record TypeCase(String type, byte[] element) {
    @Override
    public String toString() {
      return type + " " + Arrays.toString(element);
    }
  }

  /** Files are not aligned and tensors end anywhere: every length, and every place in it. */
  @ParameterizedTest
  @MethodSource("types")
  void findsItWhereverItIs(TypeCase given) {
    int width = given.element().length;
    SafetensorsFile file = new SafetensorsFile();
    List<NonFiniteTensor> expected = new ArrayList<>();
    Path path = folder.resolve("model.safetensors");
    for (int length = 1; length <= 19; length++) {
      for (int at = 0; at < length; at++) {
        byte[] bytes = new byte[length * width];
        System.arraycopy(given.element(), 0, bytes, at * width, width);
        String name = length + "." + at;
        file.tensor(name, given.type(), bytes, length);
        expected.add(new NonFiniteTensor(name, path, given.type(), Shape.of(length), at, 1));
      }
    }
    file.write(path);
    assertEquals(expected, scan());
  }

  @Test
  void countsEveryElement() {
    byte[] all = new byte[1001];
    Arrays.fill(all, (byte) 0x7F);
    Path file =
        new SafetensorsFile()
            .tensor("codes", "F8_E4M3", all, 7, 143)
            .write(folder.resolve("model.safetensors"));
    assertEquals(
        List.of(new NonFiniteTensor("codes", file, "F8_E4M3", Shape.of(7, 143), 0, 1001)), scan());
  }

  /** Codes and scales come joined as one weight, but each of them can be what is wrong. */
  @Test
  void looksAtBlockScalesToo() {
    Path file =
        new SafetensorsFile()
            .tensor("w", "F8_E4M3", new byte[256], 2, 128)
            .floats("w_scale_inv", new float[] {Float.NaN}, 1, 1)
            .tensor("v", "F8_E4M3", new byte[256], 2, 128)
            .tensor("v_scale_inv", "F8_E8M0", bytes(0xFF), 1, 1)
            .write(folder.resolve("model.safetensors"));
    assertEquals(
        List.of(
            new NonFiniteTensor("w_scale_inv", file, "F32", Shape.of(1, 1), 0, 1),
            new NonFiniteTensor("v_scale_inv", file, "F8_E8M0", Shape.of(1, 1), 0, 1)),
        scan());
  }

  /** Large tensors are searched in pieces, which must not show. */
  @Test
  void countsThroughPieces() {
    float[] values = new float[3_000_001];
    for (int at : new int[] {262_145, 1_500_000, 2_999_999, 3_000_000}) {
      values[at] = Float.NaN;
    }
    int blocks = 200_001;
    byte[] q8 = new byte[34 * blocks];
    for (int block : new int[] {30_840, 30_841, 200_000}) {
      q8[34 * block + 1] = 0x7C;
    }
    Path safetensors =
        new SafetensorsFile()
            .floats("large", values, 3_000_001)
            .write(folder.resolve("model.safetensors"));
    assertEquals(
        List.of(new NonFiniteTensor("large", safetensors, "F32", Shape.of(3_000_001), 262_145, 4)),
        scan());
    Path gguf = folder.resolve("model.gguf");
    new GgufBytes()
        .text("general.architecture", "deepseek2")
        .tensor("output.weight", 8, q8, 32, blocks)
        .write(gguf);
    try (Checkpoint checkpoint = Checkpoint.open(gguf)) {
      assertEquals(
          List.of(
              new NonFiniteTensor(
                  "output.weight", gguf, "Q8_0", Shape.of(blocks, 32), 32 * 30_840, 96)),
          WeightScan.scan(checkpoint, ProgressListener.NONE));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void leavesNoPageOfTheFileInTheProcess() {
    Path file =
        new SafetensorsFile()
            .floats("large", new float[1_000_000], 1_000_000)
            .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      long before = ResidentPages.of(file);
      WeightScan.scan(checkpoint, ProgressListener.NONE);
      assertEquals(before, ResidentPages.of(file));
    }
  }

  @Test
  void namesTheShard() throws Exception {
    new SafetensorsFile().floats("a", new float[1], 1).write(folder.resolve("one.safetensors"));
    Path two =
        new SafetensorsFile()
            .floats("b", new float[] {0, Float.NaN}, 2)
            .write(folder.resolve("two.safetensors"));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
    assertEquals(List.of(new NonFiniteTensor("b", two, "F32", Shape.of(2), 1, 1)), scan());
  }

  @Test
  void leavesIntegersAndTensorsWithoutElementsAlone() {
    byte[] ones = new byte[16];
    Arrays.fill(ones, (byte) 0xFF);
    new SafetensorsFile()
        .tensor("ids", "I64", ones, 2)
        .tensor("codes", "U8", ones, 16)
        .tensor("mask", "BOOL", ones, 4, 4)
        .tensor("none", "F32", new byte[0], 0, 3)
        .write(folder.resolve("model.safetensors"));
    assertEquals(List.of(), scan());
  }

  @Test
  void findsNothingInTheGoldenCheckpoints() {
    for (String golden :
        List.of("deepseek-v2-lite-tiny", "deepseek-v3-tiny", "deepseek-v3-tiny-fp8")) {
      try (Checkpoint checkpoint = Checkpoint.open(TestData.golden(golden))) {
        assertEquals(List.of(), WeightScan.scan(checkpoint, ProgressListener.NONE));
      }
    }
  }

  @Test
  void tellsHowFarItIs() {
    new SafetensorsFile()
        .floats("a", new float[1], 1)
        .tensor("b", "I8", new byte[3], 3)
        .floats("c", new float[1], 1)
        .write(folder.resolve("model.safetensors"));
    List<String> told = new ArrayList<>();
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      WeightScan.scan(
          checkpoint, (phase, done, total) -> told.add(phase + " " + done + "/" + total));
    }
    assertEquals(
        List.of("weights checked 1/3", "weights checked 2/3", "weights checked 3/3"), told);
  }

  @Test
  void refusesAClosedCheckpoint() {
    Path file =
        new SafetensorsFile()
            .floats("a", new float[1], 1)
            .write(folder.resolve("model.safetensors"));
    Checkpoint checkpoint = Checkpoint.open(folder);
    checkpoint.close();
    ClosedException e =
        assertThrows(
            ClosedException.class, () -> WeightScan.scan(checkpoint, ProgressListener.NONE));
    assertEquals(
        "Weight 'a' was asked of checkpoint file '" + file + "' after it was closed. [MLA-0403]",
        e.getMessage());
  }

  private List<NonFiniteTensor> scan() {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      return WeightScan.scan(checkpoint, ProgressListener.NONE);
    }
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
