package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertModelRefused;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.TestData;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.testing.GgufBytes;
import org.mla4j.models.testing.Mutations;

/** Damaged GGUF files are refused in words, whatever is damaged, and cost no memory. */
class MalformedGgufTest {
  private static final int PAGE = 4096;
  private static final Architectures ARCHITECTURES = Architectures.discover();

  @TempDir Path folder;
  private Path path = Path.of("");

  @BeforeEach
  void name() {
    path = folder.resolve("model.gguf");
  }

  @Test
  void otherFormatsAndVersionsAreNamed() {
    assertRefused(
        "{}  ".getBytes(),
        "at byte 0, the magic number is 0x20207d7b; expected 0x46554747, \"GGUF\"");
    assertRefused(
        new GgufBytes().version(1).bytes(),
        "at byte 4, the file is GGUF of version 1; expected version 2 or 3, little-endian");
    assertRefused(
        new GgufBytes().version(4).bytes(),
        "at byte 4, the file is GGUF of version 4; expected version 2 or 3, little-endian");
    assertRefused(
        new GgufBytes().version(3 << 24).bytes(),
        "at byte 4, the file is big-endian GGUF of version 3; expected version 2 or 3,"
            + " little-endian");
    assertRefused(
        new byte[0],
        "at byte 0, the file ends within the magic number; expected 4 more bytes in a file of 0"
            + " bytes");
  }

  @Test
  void countsBeyondTheFileAreRefusedFirst() {
    GgufBytes file = new GgufBytes().text("a", "b").floats("t", new float[1], 1);
    assertRefused(
        file.bytes(1L << 62, 1),
        "at byte 8, the number of tensors is 4611686018427387904; expected at most 3, since the file"
            + " has 100 bytes");
    assertRefused(
        file.bytes(1, -1),
        "at byte 16, the number of metadata keys is 18446744073709551615; expected at most 5, since"
            + " the file has 100 bytes");
    assertRefused(
        new GgufBytes().array("a", 8, 1L << 60).bytes(),
        "at byte 41, the length of the value of metadata key 'a' is 1152921504606846976; expected at"
            + " most 1, since the file has 64 bytes");
    assertRefused(
        new GgufBytes().raw("a", 8, GgufBytes.longs(1L << 40)).bytes(),
        "at byte 37, the length of a string of the value of metadata key 'a' is 1099511627776;"
            + " expected at most 19, since the file has 64 bytes");
  }

  @Test
  void metadataThatNobodyWritesAreRefused() {
    assertRefused(
        new GgufBytes().text("a", "b").text("a", "c").bytes(),
        "at byte 46, metadata key 'a' is there again; expected each key once");
    assertRefused(
        new GgufBytes().raw("a", 13, new byte[8]).bytes(),
        "at byte 33, the kind of the value of metadata key 'a' is 13; expected a number from 0 to"
            + " 12");
    assertRefused(
        new GgufBytes().array("a", 9, 1, new byte[20]).bytes(),
        "at byte 24, the value of metadata key 'a' is an array of arrays; expected no array within"
            + " another");
    assertRefused(
        new GgufBytes().number("general.alignment", 48).bytes(),
        "metadata key 'general.alignment' is 48 at byte 53; expected a power of two that fits 31"
            + " bits");
  }

  @Test
  void tensorsThatCannotBeAreRefused() {
    assertRefused(
        new GgufBytes().floats("t", new float[1], 1).floats("t", new float[1], 1).bytes(),
        "at byte 57, tensor 't' is there again; expected each tensor once");
    assertRefused(
        new GgufBytes().floats("t", new float[1], 1, 1, 1, 1, 1).bytes(),
        "at byte 33, tensor 't' has 5 axes; expected at most 4");
    assertRefused(
        new GgufBytes().floats("t", new float[1], -1).bytes(),
        "at byte 37, tensor 't' has extents [-1]; expected extents of 0 or more whose product fits"
            + " 63 bits");
    assertRefused(
        new GgufBytes().floats("t", new float[1], 1L << 62).bytes(),
        "at byte 24, tensor 't', F32 [4611686018427387904], needs more bytes than 63 bits count;"
            + " expected fewer");
    assertRefused(
        new GgufBytes().floats("t", new float[1], 3).bytes(),
        "at byte 24, tensor 't', F32 [3], needs 12 bytes at offset 0; expected it to lie within the"
            + " 4 bytes of data");
    assertRefused(
        new GgufBytes().tensor("t", 0, 16, new byte[32], 1).bytes(),
        "at byte 24, tensor 't', F32 [1], is at offset 16; expected a multiple of the alignment 32");
    assertRefused(
        new GgufBytes().tensor("t", 8, new byte[34], 33).bytes(),
        "at byte 24, tensor 't', Q8_0 [33], has rows of 33; expected a multiple of the 32 elements of"
            + " a block");
    assertRefused(
        new GgufBytes()
            .tensor("a", 0, 0, new byte[64], 16)
            .tensor("b", 0, 32, new byte[64], 1)
            .bytes(),
        "at byte 57, tensors 'a' and 'b' overlap: they lie at [0, 64] and [32, 36]; expected no byte"
            + " to belong to two");
  }

  @Test
  void aWantedTensorOfAnotherTypeIsRefusedByName() {
    new GgufBytes()
        .text("general.architecture", "qwen2")
        .tensor("token_embd.weight", 10, new byte[84], 256)
        .tensor("output_norm.weight", 99, new byte[84], 256)
        .write(path);
    String readable =
        ", which cannot be read; expected one of F32, F16, Q4_0, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K,"
            + " IQ4_NL, BF16. [MLA-0205]";
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      assertModelRefused(
          path + ": tensor 'token_embd.weight' is stored as Q2_K" + readable,
          () -> checkpoint.find("model.embed_tokens.weight"));
      assertModelRefused(
          path + ": tensor 'output_norm.weight' is stored as type 99" + readable,
          () -> checkpoint.find("model.norm.weight"));
    }
  }

  /** Every page of the file is missing once, then every byte of the header. */
  @Test
  void aTruncatedFileIsRefused() throws IOException {
    byte[] bytes = model();
    int header = headerBytes();
    assertTrue(assertSurvives(bytes, false));
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.truncate(bytes.length - 1);
      assertFalse(opens());
      for (long length = bytes.length / PAGE * PAGE; length > header; length -= PAGE) {
        file.truncate(length);
        assertFalse(opens(), length + " bytes");
      }
      for (int length = header; length >= 0; length--) {
        file.truncate(length);
        assertFalse(opens(), length + " bytes");
      }
    }
  }

  /** Whatever a flipped header says, it is refused or it is a model: nothing else is thrown. */
  @Test
  void aFlippedHeaderIsRefusedOrSaysSomethingElse() throws IOException {
    byte[] bytes = model();
    int header = headerBytes();
    Random random = new Random(1);
    int refused = 0;
    GgufBytes.write(path, bytes);
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      for (int at = 0; at < header; at++) {
        byte flipped = (byte) (bytes[at] ^ (1 << random.nextInt(8)));
        file.write(ByteBuffer.wrap(new byte[] {flipped}), at);
        refused += opens() ? 0 : 1;
        file.write(ByteBuffer.wrap(bytes, at, 1), at);
      }
    }
    assertTrue(refused > header / 2, refused + " of " + header);
  }

  @Test
  void aMutatedHeaderIsRefusedOrSaysSomethingElse() throws IOException {
    byte[] bytes = model();
    int header = headerBytes();
    Mutations mutations = new Mutations(new Random(2));
    for (int i = 0; i < 500; i++) {
      byte[] damaged = mutations.bytes(Arrays.copyOf(bytes, header));
      byte[] whole = Arrays.copyOf(damaged, damaged.length + bytes.length - header);
      System.arraycopy(bytes, header, whole, damaged.length, bytes.length - header);
      assertSurvives(whole, false);
    }
  }

  @Test
  void noClaimCostsMemory() {
    byte[][] claims = {
      new GgufBytes().bytes(1L << 60, 1L << 60),
      new GgufBytes().array("a", 0, Long.MAX_VALUE).bytes(),
      new GgufBytes().array("a", 8, 1L << 40).bytes(),
      new GgufBytes().raw("a", 8, GgufBytes.longs(Integer.MAX_VALUE)).bytes(),
      new GgufBytes().floats("t", new float[1], 1L << 40, 1L << 20).bytes(),
      new GgufBytes()
          .text("general.architecture", "deepseek2")
          .raw("deepseek2.expert_count", 10, GgufBytes.longs(1L << 40))
          .tensor("blk.0.ffn_up_exps.weight", 0, new byte[0], 0, 0, 1L << 40)
          .bytes()
    };
    assertSurvives(claims[0], true); // classes are loaded by now
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (byte[] claim : claims) {
      GgufBytes.write(path, claim);
      long before = threads.getCurrentThreadAllocatedBytes();
      assertFalse(opens());
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertTrue(allocated < 1_000_000, allocated + " bytes");
    }
  }

  private boolean assertSurvives(byte[] bytes, boolean mustBeRefused) {
    GgufBytes.write(path, bytes);
    boolean opened = opens();
    assertTrue(!mustBeRefused || !opened, () -> bytes.length + " bytes were taken for a model");
    return opened;
  }

  /** Opens a model, and reads all of it; anything thrown but a refusal fails the test. */
  private boolean opens() {
    try (Checkpoint checkpoint = Checkpoint.open(path);
        ModelDefinition definition = ARCHITECTURES.open(path, ModelConfig.of(path))) {
      assertTrue(definition.vocabularySize() > 0);
      WeightScan.scan(checkpoint, ProgressListener.NONE);
      for (String name : checkpoint.names()) {
        checkpoint.require(name);
      }
      return true;
    } catch (ModelException e) {
      assertTrue(e.getMessage().length() > 20, e.getMessage());
      return false;
    }
  }

  /** A model of which everything is small. */
  private byte[] model() throws IOException {
    Path good = folder.resolve("good.gguf");
    GgufExport.of(TestData.golden("deepseek-v2-lite-tiny")).type(DType.Q8_0).build().write(good);
    return Files.readAllBytes(good);
  }

  /** Where the elements begin. */
  private int headerBytes() {
    try (GgufFile file = GgufFile.open(folder.resolve("good.gguf"))) {
      return (int)
          file.tensors().values().stream().mapToLong(GgufTensor::offset).min().orElseThrow();
    }
  }

  private void assertRefused(byte[] bytes, String problem) {
    GgufBytes.write(path, bytes);
    assertModelRefused(path + ": " + problem + ". [MLA-0204]", () -> GgufFile.open(path).close());
  }
}
