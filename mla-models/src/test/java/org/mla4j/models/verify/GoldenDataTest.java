package org.mla4j.models.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.testing.Mutations;

/** Recorded outputs that are malformed are refused like any other file of a model. */
class GoldenDataTest {
  private static final String JSON =
      """
      {"format": "mla-golden/1", "recorded_prompt": "p",
       "prompts": [{"name": "p", "input_ids": [1, 2], "logits": "l", "logits_positions": "all",
                    "greedy_ids": [3]}],
       "tensors": {"l": {"dtype": "float32", "offset": 0, "shape": [2, 2]},
                   "i": {"dtype": "int64", "offset": 0, "shape": [2]}}}
      """;

  @TempDir Path folder;

  @Test
  void readsWhatIsThere() throws IOException {
    write(JSON);
    GoldenData golden = GoldenData.open(folder);
    assertEquals(4, golden.values("l").length);
    assertEquals(2, golden.values("i").length);
    assertEquals("p", golden.prompts().getFirst().name());
  }

  @Test
  void namesFileAndField() throws IOException {
    String file = folder.resolve("golden.json").toString();
    write(JSON.replace("[1, 2]", "[]"));
    assertRefused(
        file + ": a prompt of 'prompts' has no 'input_ids'; expected at least one. [MLA-0204]");
    write(JSON.replace("[1, 2]", "\"1\""));
    assertRefused(
        file + ": field 'input_ids' is a STRING; expected a list of integers. [MLA-0204]");
    write(JSON.replace("[1, 2]", "[1, 2.5]"));
    assertRefused(file + ": field 'input_ids' has a NUMBER; expected an integer. [MLA-0204]");
    write(JSON.replace("\"greedy_ids\": [3]", "\"x\": 0"));
    assertRefused(
        file + ": field 'greedy_ids' is missing; expected a list of integers. [MLA-0204]");
  }

  @Test
  void refusesATensorThatIsLargerThanTheFile() throws IOException {
    write(JSON.replace("[2, 2]", "[65536, 65536, 65536]"));
    GoldenData golden = GoldenData.open(folder);
    ModelException e = assertThrows(ModelException.class, () -> golden.values("l"));
    assertEquals(
        "Recorded tensor 'l' in '"
            + folder
            + "' needs bytes 0 to 8589934588; golden.bin has 16. [MLA-0204]",
        e.getMessage());
  }

  @Test
  void whateverIsWrongIsRefused() throws IOException {
    for (int seed = 0; seed < 1000; seed++) {
      write(new Mutations(new Random(seed)).json(JSON));
      try {
        GoldenData golden = GoldenData.open(folder);
        golden.prompts();
        golden.values("l");
        golden.values("i");
      } catch (MlaException e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains(folder.toString()), message);
      } catch (RuntimeException | Error e) {
        fail("seed " + seed + ": " + e, e);
      }
    }
  }

  private void assertRefused(String message) {
    ModelException e = assertThrows(ModelException.class, () -> GoldenData.open(folder).prompts());
    assertEquals(message, e.getMessage());
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("golden.json"), json, StandardCharsets.UTF_8);
    Files.write(folder.resolve("golden.bin"), new byte[16]);
  }
}
