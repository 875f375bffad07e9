package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.weight.WeightLease;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.CacheDTypes;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.GenerationConfig;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.checkpoint.WeightScan;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.Mutations;
import org.mla4j.models.testing.SafetensorsFile;
import org.mla4j.models.testing.TestPlan;

/**
 * Whatever is wrong with a file, opening it either works or is refused by an exception of ours that
 * names the file; and no number in it makes the heap grow by much more than the file is long.
 */
@Timeout(300)
class MutatedFilesTest {
  private static final int ROUNDS = 2500;

  /** A tree of JSON takes some forty times its text where that is all brackets and digits. */
  private static final long BYTES_PER_BYTE = 100;

  /** What opening costs however small the file is: buffers, the exception with its trace. */
  private static final long BYTES_AT_LEAST = 1_000_000;

  /** Names are shown whole, and some are as long as a mutation made them. */
  private static final int LONGEST_MESSAGE = 25_000;

  @TempDir Path folder;
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private int opened;
  private int refused;

  @Test
  void aSafetensorsFile() {
    byte[] whole = smallFile("model.safetensors");
    Path file = folder.resolve("model.safetensors");
    int length = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(whole, Long.BYTES, length, StandardCharsets.UTF_8);
    byte[] data = Arrays.copyOfRange(whole, Long.BYTES + length, whole.length);
    for (int seed = 0; seed < ROUNDS; seed++) {
      Mutations mutations = new Mutations(new Random(seed));
      switch (seed % 3) {
        case 0 -> write(file, mutations.bytes(whole));
        case 1 -> SafetensorsFile.write(file, mutations.json(header), data);
        default ->
            // Its length is right no more.
            SafetensorsFile.writeRaw(
                file,
                length,
                mutations.json(header).getBytes(StandardCharsets.UTF_8),
                mutations.bytes(data));
      }
      check(seed, () -> readAll(Checkpoint.open(folder)), file);
    }
    assertBothHappened();
  }

  @Test
  void anIndex() {
    smallFile("one.safetensors");
    new SafetensorsFile().floats("d", new float[2], 2).write(folder.resolve("two.safetensors"));
    Path file = folder.resolve("model.safetensors.index.json");
    String index =
        """
        {"metadata": {"total_size": 56},
         "weight_map": {"a": "one.safetensors", "d": "two.safetensors", "b": "one.safetensors"}}
        """;
    for (int seed = 0; seed < ROUNDS; seed++) {
      write(file, new Mutations(new Random(seed)).json(index).getBytes(StandardCharsets.UTF_8));
      check(seed, () -> readAll(Checkpoint.open(folder)), file);
    }
    assertBothHappened();
  }

  /** With the plan, since that is where a configuration meets the tensors. */
  @Test
  void aConfiguration() throws IOException {
    EditedCheckpoint.of("deepseek-v3-tiny", folder).write();
    Path file = folder.resolve("config.json");
    String config = Files.readString(file);
    for (int seed = 0; seed < ROUNDS; seed++) {
      write(file, new Mutations(new Random(seed)).json(config).getBytes(StandardCharsets.UTF_8));
      check(seed, this::plan, file);
    }
    assertBothHappened();
  }

  @Test
  void aGenerationConfiguration() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": 100, \"eos_token_id\": 1}");
    Path file = folder.resolve("generation_config.json");
    String config =
        """
        {"eos_token_id": [1, 2], "do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95}
        """;
    for (int seed = 0; seed < ROUNDS; seed++) {
      write(file, new Mutations(new Random(seed)).json(config).getBytes(StandardCharsets.UTF_8));
      check(
          seed,
          () -> GenerationConfig.read(folder, ModelConfig.read(folder.resolve("config.json"))),
          file);
    }
    assertBothHappened();
  }

  private byte[] smallFile(String name) {
    Path file =
        new SafetensorsFile()
            .floats("a", new float[] {1, 2, 3, 4}, 2, 2)
            .tensor("b", "BF16", new byte[12], 6)
            .tensor("c", "F8_E4M3", new byte[9], 3, 3)
            .floats("c_scale_inv", new float[] {1}, 1, 1)
            .tensor("ids", "I64", new byte[8], 1)
            .write(folder.resolve(name));
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what a checkpoint that opened has: its ranges must be as good as it believed them. */
  private static void readAll(Checkpoint given) {
    try (Checkpoint checkpoint = given) {
      WeightScan.scan(checkpoint, ProgressListener.NONE);
      for (String name : checkpoint.names()) {
        if (!name.startsWith("ids") && !name.startsWith("c")) {
          try (WeightLease lease = checkpoint.require(name).lease()) {
            assertEquals(checkpoint.require(name).shape(), lease.tensor().shape());
          }
        }
      }
    }
  }

  private void plan() {
    ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
    GenerationConfig.read(folder, config);
    try (ModelDefinition model = Architectures.discover().open(folder, config)) {
      if (model.maxPositions() >= TestPlan.POSITIONS) { // as every engine sees to
        model.contribute(TestPlan.empty(), CacheDTypes.F32);
      }
    }
  }

  private void check(int seed, Runnable opening, Path mutated) {
    long most = BYTES_AT_LEAST + BYTES_PER_BYTE * (mutated.toFile().length() + headerBytes());
    long allocated = allocatedBy(seed, opening);
    for (int again = 0; again < 4 && allocated > most; again++) {
      allocated =
          allocatedBy(seed, opening); // without classes loaded, and the JVM's own bookkeeping
    }
    String found = of(seed) + allocated + " bytes allocated; expected at most " + most;
    assertTrue(allocated <= most, found);
  }

  private long allocatedBy(int seed, Runnable opening) {
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      opening.run();
      opened++;
    } catch (MlaException e) {
      refused++;
      String message = String.valueOf(e.getMessage());
      assertTrue(message.endsWith(" [" + e.code().id() + "]"), () -> of(seed) + message);
      assertTrue(namesAFile(message), () -> of(seed) + message);
      assertTrue(message.length() < LONGEST_MESSAGE, () -> of(seed) + message);
    } catch (RuntimeException | Error e) {
      fail(of(seed) + e, e);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** One of those involved; of a tensor that is not as configured, the folder of its files. */
  private boolean namesAFile(String message) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).anyMatch(message::contains)
          || message.startsWith("Checkpoint '" + folder + "'");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The header of the checkpoint that a configuration is opened with. */
  private long headerBytes() {
    return Files.exists(folder.resolve("config.json")) ? 30_000 : 0;
  }

  private static String of(int seed) {
    return "seed " + seed + ": ";
  }

  /** If all were refused, or none, the mutations would tell nothing. */
  private void assertBothHappened() {
    assertTrue(opened > ROUNDS / 100, opened + " opened");
    assertTrue(refused > ROUNDS / 10, refused + " refused");
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
