package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;
import org.mla4j.models.TestData;
import org.mla4j.models.testing.SafetensorsFile;

/** What a folder with weights holds, in one file or in several. */
class CheckpointTest {
  @TempDir Path folder;

  @Test
  void listsTheTensorsOfAFile() {
    try (Checkpoint checkpoint = Checkpoint.open(TestData.golden("deepseek-v3-tiny"))) {
      assertEquals(207, checkpoint.names().size());
      WeightHandle weight = checkpoint.require("model.layers.1.mlp.gate.weight");
      assertEquals("model.layers.1.mlp.gate.weight", weight.name());
      assertEquals(DType.BF16, weight.dtype());
      assertEquals(Shape.of(16, 160), weight.shape());
      assertTrue(weight.isPlain());
    }
  }

  @Test
  void findsTensorsInTheirShards() {
    twoShards();
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertEquals(List.of("a", "b", "c"), List.copyOf(checkpoint.names()));
      assertArrayEquals(new float[] {1, 2}, leased(checkpoint.require("a")));
      assertArrayEquals(new float[] {3}, leased(checkpoint.require("b")));
      assertArrayEquals(new float[] {4, 5, 6}, leased(checkpoint.require("c")));
    }
  }

  @Test
  void followsLinksOutOfTheFolderAsDownloadCachesHaveThem(@TempDir Path cache) throws IOException {
    Path blob = new SafetensorsFile().floats("a", new float[] {7}, 1).write(cache.resolve("blob"));
    Files.createSymbolicLink(folder.resolve("model.safetensors"), blob);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertArrayEquals(new float[] {7}, leased(checkpoint.require("a")));
    }
  }

  @Test
  void opensAFolderGivenAsADotOrNothing() {
    Path here = Path.of("").toAbsolutePath();
    Path relative = here.relativize(TestData.golden("deepseek-v2-lite-tiny").toAbsolutePath());
    for (Path given : List.of(relative, Path.of(".").resolve(relative))) {
      try (Checkpoint checkpoint = Checkpoint.open(given)) {
        assertEquals(83, checkpoint.names().size());
      }
    }
    for (String given : List.of("", ".")) {
      String file = Path.of(given).resolve("model.safetensors").toString();
      assertRefused(
          Path.of(given),
          "Checkpoint file '"
              + file
              + "' is missing; expected it or model.safetensors.index.json in the folder."
              + " [MLA-0204]");
    }
  }

  @Test
  void hasOneHandleForEachName() {
    new SafetensorsFile()
        .floats("a", new float[1], 1)
        .floats("b", new float[1], 1)
        .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertSame(checkpoint.require("a"), checkpoint.find("a").orElseThrow());
      assertNotSame(checkpoint.require("a"), checkpoint.require("b"));
      assertEquals(Optional.empty(), checkpoint.find("c"));
    }
  }

  @Test
  void namesWhatIsNearATensorThatIsMissing() {
    Path golden = TestData.golden("deepseek-v2-lite-tiny");
    try (Checkpoint checkpoint = Checkpoint.open(golden)) {
      ModelException e =
          assertThrows(
              ModelException.class,
              () -> checkpoint.require("model.layers.1.self_attn.q_a_proj.weight"));
      assertEquals(
          "Checkpoint '"
              + golden
              + "' has no tensor 'model.layers.1.self_attn.q_a_proj.weight'; nearest names:"
              + " model.layers.1.self_attn.q_proj.weight,"
              + " model.layers.1.self_attn.o_proj.weight,"
              + " model.layers.1.self_attn.kv_b_proj.weight. [MLA-0202]",
          e.getMessage());
    }
  }

  @Test
  void listsTypesThatNoWeightHasAndRefusesThemByName() {
    new SafetensorsFile()
        .tensor("codes", "I8", new byte[6], 2, 3)
        .tensor("ids", "I64", new byte[8], 1)
        .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertEquals(List.of("codes", "ids"), List.copyOf(checkpoint.names()));
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("codes"));
      assertEquals(
          folder.resolve("model.safetensors")
              + ": tensor 'codes' is stored as I8, which cannot be read; expected one of F32, F16,"
              + " BF16, F8_E4M3. [MLA-0205]",
          e.getMessage());
      assertThrows(ModelException.class, () -> checkpoint.require("ids"));
    }
  }

  @Test
  void takesATensorWithoutElements() {
    new SafetensorsFile()
        .tensor("none", "BF16", new byte[0], 0, 5)
        .floats("scalar", new float[] {3})
        .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertEquals(Shape.of(0, 5), checkpoint.require("none").shape());
      assertEquals(Shape.of(), checkpoint.require("scalar").shape());
      assertArrayEquals(new float[] {3}, leased(checkpoint.require("scalar")));
    }
  }

  /** A file larger than any memory: what opening it reads cannot be the weights. */
  @Test
  void openingReadsNoWeights() throws IOException {
    long bytes = 1L << 37;
    byte[] header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(bytes / 4, bytes)
            .getBytes(StandardCharsets.UTF_8);
    Path file =
        SafetensorsFile.writeRaw(
            folder.resolve("model.safetensors"), header.length, header, new byte[0]);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(8 + header.length + bytes);
    }
    ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 9);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(last, 8 + header.length + bytes - 4);
    }
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        WeightLease lease = checkpoint.require("a").lease()) {
      assertEquals(9, lease.tensor().segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, bytes - 4));
    }
  }

  @Test
  void refusesAFolderWithoutCheckpoint() {
    assertRefused(
        folder,
        "Checkpoint file '"
            + folder.resolve("model.safetensors")
            + "' is missing; expected it or model.safetensors.index.json in the folder."
            + " [MLA-0204]");
  }

  @Test
  void refusesAMissingShard() throws IOException {
    twoShards();
    Files.delete(folder.resolve("two.safetensors"));
    assertRefused(
        folder,
        folder.resolve("model.safetensors.index.json")
            + ": file '"
            + folder.resolve("two.safetensors")
            + "' is missing. [MLA-0204]");
  }

  @Test
  void refusesAShardThatLeavesTheFolder() {
    new SafetensorsFile()
        .floats("a", new float[1], 1)
        .write(folder.resolveSibling(folder.getFileName() + "-beside.safetensors"));
    for (String shard :
        List.of(
            "../" + folder.getFileName() + "-beside.safetensors",
            "/etc/hosts",
            "sub/../../x.safetensors",
            "..",
            ".",
            "\0")) {
      index("{\"weight_map\":{\"a\":\"%s\"}}".formatted(shard.replace("\0", "\\u0000")));
      assertRefused(
          folder,
          folder.resolve("model.safetensors.index.json")
              + ": shard '"
              + shard
              + "' lies outside the folder; expected a name within it. [MLA-0204]");
    }
  }

  @Test
  void refusesAnIndexThatSendsATensorToTheWrongShard() {
    twoShards();
    index("{\"weight_map\":{\"a\":\"two.safetensors\",\"c\":\"one.safetensors\"}}");
    assertRefused(
        folder,
        folder.resolve("model.safetensors.index.json")
            + ": tensor 'a' should be in '"
            + folder.resolve("two.safetensors")
            + "'; found in '"
            + folder.resolve("one.safetensors")
            + "'. [MLA-0204]");
  }

  @Test
  void refusesAnIndexWithATensorThatNoShardHas() {
    twoShards();
    index("{\"weight_map\":{\"a\":\"one.safetensors\",\"d\":\"one.safetensors\"}}");
    assertRefused(
        folder,
        folder.resolve("model.safetensors.index.json")
            + ": tensor 'd' should be in '"
            + folder.resolve("one.safetensors")
            + "'; found in no file. [MLA-0204]");
  }

  @Test
  void refusesATensorThatTwoShardsHave() {
    twoShards();
    new SafetensorsFile().floats("a", new float[1], 1).write(folder.resolve("two.safetensors"));
    assertRefused(
        folder,
        "Tensor 'a' is in two files: '"
            + folder.resolve("one.safetensors")
            + "' and '"
            + folder.resolve("two.safetensors")
            + "'. [MLA-0204]");
  }

  @Test
  void refusesAMalformedIndex() {
    String file = folder.resolve("model.safetensors.index.json").toString();
    index("{\"weight_map\":{}}");
    assertRefused(
        folder,
        file
            + ": field 'weight_map' is missing or empty; expected tensor to file name. [MLA-0204]");
    index("{\"weight_map\":{\"a\":3}}");
    assertRefused(folder, file + ": tensor 'a' is in 3; expected the name of a file. [MLA-0204]");
    index("{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}");
    assertRefused(
        folder,
        file
            + ": not valid JSON at line 1, column 27: Duplicate Object property \"a\"."
            + " [MLA-0204]");
    index("3");
    assertRefused(folder, file + ": expected a JSON object. [MLA-0204]");
  }

  private void twoShards() {
    new SafetensorsFile()
        .floats("a", new float[] {1, 2}, 2)
        .floats("b", new float[] {3}, 1)
        .write(folder.resolve("one.safetensors"));
    new SafetensorsFile()
        .floats("c", new float[] {4, 5, 6}, 3)
        .write(folder.resolve("two.safetensors"));
    index(
        "{\"metadata\":{\"total_size\":24},\"weight_map\":"
            + "{\"a\":\"one.safetensors\",\"c\":\"two.safetensors\",\"b\":\"one.safetensors\"}}");
  }

  private void index(String json) {
    try {
      Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static float[] leased(WeightHandle weight) {
    try (WeightLease lease = weight.lease()) {
      return lease.tensor().segment().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  private static void assertRefused(Path folder, String message) {
    ModelException e = assertThrows(ModelException.class, () -> Checkpoint.open(folder).close());
    assertEquals(message, e.getMessage());
  }
}
