package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.cli.CommandRun.Outcome;

/** Commands that open a model warn of broken weights, and do what they are for. */
class WeightWarningTest {
  private static final String GOLDEN = CommandRun.testModel("deepseek-v2-lite-tiny");

  @TempDir Path folder;

  /** The last tensor of the file gets an infinity as its last element. */
  @BeforeEach
  void damage() throws IOException {
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(Path.of(GOLDEN, file), folder.resolve(file));
    }
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
      file.seek(file.length() - 2);
      file.write(new byte[] {(byte) 0x80, 0x7F});
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"explain", "generate"})
  void onStandardError(String command) {
    Outcome outcome = run(command);
    assertEquals(ExitStatus.OK, outcome.status());
    assertEquals(
        "mla: warning: "
            + folder.resolve("model.safetensors")
            + ": tensor 'lm_head.weight', BF16 [768, 128], has 1 element that is NaN or infinite, at"
            + " index 98303; expected finite numbers.\n"
            + "mla: warning: Weights in '"
            + folder
            + "': 1 of 83 tensors have NaN or infinite elements, 1 in all. What the model computes"
            + " from them cannot be trusted.\n",
        outcome.err());
    assertEquals(outcome.err(), run(command, "--weight-check").err());
  }

  @Test
  void unlessOneDoesNotWantToKnow() {
    Outcome outcome = run("explain", "--no-weight-check");
    assertEquals(ExitStatus.OK, outcome.status());
    assertEquals("", outcome.err());
  }

  @Test
  void neverOnStandardOutput() {
    assertEquals(run("explain", "--no-weight-check").out(), run("explain").out());
  }

  private Outcome run(String command, String... more) {
    CommandRun run = new CommandRun().input("a");
    String[] args = {command, "--model", folder.toString(), "--max-sequence-length", "64"};
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return run.with(all);
  }
}
