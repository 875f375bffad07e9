package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.step.Sampling;
import org.mla4j.models.TestData;

/** What makers of models recommend. */
class GenerationConfigTest {
  @TempDir Path folder;

  @BeforeEach
  void model() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": [5, 6]}");
  }

  @Test
  void withoutFileDrawsGreedilyUntilTheModelsOwnStopTokens() {
    assertEquals(new GenerationConfig(List.of(5, 6), Sampling.GREEDY), read());
  }

  @Test
  void readsOneOrManyStopTokens() {
    given("{\"eos_token_id\": 1}");
    assertEquals(List.of(1), read().stopTokens());
    given("{\"eos_token_id\": [1, 2]}");
    assertEquals(List.of(1, 2), read().stopTokens());
    given("{\"eos_token_id\": null}");
    assertEquals(List.of(5, 6), read().stopTokens());
  }

  @Test
  void readsHowToSample() {
    given(
        "{\"do_sample\": true, \"temperature\": 0.5, \"top_p\": 0.75, \"top_k\": 20, \"min_p\":"
            + " 0.25}");
    assertEquals(new Sampling(0.5f, 20, 0.75f, 0.25f), read().sampling());
  }

  @Test
  void fillsInTheDefaultsOfTheLibraryThatWritesSuchFiles() {
    given("{\"do_sample\": true}");
    assertEquals(new Sampling(1, 50, 1, 0), read().sampling());
  }

  @Test
  void isGreedyUnlessSamplingIsAskedFor() {
    given("{\"temperature\": 0.5, \"top_p\": 0.9}");
    assertEquals(Sampling.GREEDY, read().sampling());
  }

  @Test
  void readsTheGoldenFiles() {
    Path golden = TestData.golden("deepseek-v3-tiny");
    assertEquals(
        new GenerationConfig(List.of(1), Sampling.GREEDY),
        GenerationConfig.read(golden, ModelConfig.read(golden.resolve("config.json"))));
  }

  @Test
  void namesTheFileOfAValueOutsideItsRange() {
    given("{\"do_sample\": true, \"top_p\": 2}");
    ModelException e = assertThrows(ModelException.class, this::read);
    assertEquals(
        folder.resolve("generation_config.json")
            + ": Sampling: topP = 2.0; expected above 0 and at most 1. [MLA-0206]",
        e.getMessage());
    given("{\"eos_token_id\": \"</s>\"}");
    e = assertThrows(ModelException.class, this::read);
    assertEquals(
        folder.resolve("generation_config.json")
            + ": field 'eos_token_id' is \"</s>\"; expected an integer or a list of integers."
            + " [MLA-0206]",
        e.getMessage());
  }

  @Test
  void refusesAStopTokenOutsideTheVocabulary() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": 8, \"eos_token_id\": 8}");
    ModelException e = assertThrows(ModelException.class, this::read);
    assertEquals(
        folder.resolve("config.json")
            + ": field 'eos_token_id' is [8]; expected ids from 0 to 7, the vocabulary of the"
            + " model. [MLA-0206]",
        e.getMessage());
    given("{\"eos_token_id\": [7, -1]}");
    e = assertThrows(ModelException.class, this::read);
    assertEquals(
        folder.resolve("generation_config.json")
            + ": field 'eos_token_id' is [7, -1]; expected ids from 0 to 7, the vocabulary of the"
            + " model. [MLA-0206]",
        e.getMessage());
  }

  private GenerationConfig read() {
    return GenerationConfig.read(folder, ModelConfig.read(folder.resolve("config.json")));
  }

  private void given(String json) {
    try {
      Files.writeString(folder.resolve("generation_config.json"), json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
