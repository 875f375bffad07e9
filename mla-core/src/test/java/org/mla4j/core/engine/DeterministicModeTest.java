package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** A result depends on its request alone, or the engine does not open. */
@Timeout(60)
class DeterministicModeTest {
  private static final Sampling WILD = new Sampling(3f, 0, 1f, 0f);

  @TempDir Path folder;

  /** With a high temperature the last bit of a probability decides sooner or later. */
  @ParameterizedTest(name = "chunk {0}, blocks of {1}, threads {2}, cache {3}")
  @CsvSource({
    "0, 16, 1, F32",
    "1, 16, 2, F32",
    "7, 64, 1, F32",
    "16, 128, 2, F32",
    "0, 1, 2, F32",
    "0, 16, 1, F8_E4M3",
    "5, 64, 2, F8_E4M3"
  })
  void neitherCompanyNorPiecesNorBlocksMatter(
      int chunk, int blockSize, int threads, DType cacheDType) {
    EngineOptions alone =
        EngineOptions.builder().deterministic(true).threads(1).cacheDType(cacheDType).build();
    List<List<Integer>> expected = new ArrayList<>();
    try (Engine engine = Engine.open(new TinyModel(), alone)) {
      for (int i = 0; i < 6; i++) {
        expected.add(engine.generate(request(i)).result().tokens());
      }
    }
    EngineOptions together =
        alone.toBuilder()
            .promptChunk(chunk)
            .blockSize(blockSize)
            .threads(threads)
            .maxSequences(6)
            .maxTokensPerStep(40)
            .cacheTokens(6 * 256)
            .build();
    try (Engine engine = Engine.open(new TinyModel(), together)) {
      List<Generation> running = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        running.add(engine.generate(request(i)));
      }
      for (int i = 0; i < 6; i++) {
        assertEquals(expected.get(i), running.get(i).result().tokens(), "request " + i);
      }
    }
  }

  private static GenerationRequest request(int index) {
    int[] prompt = new int[3 + 11 * index];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = (index + i * 7) % TinyModel.VOCABULARY;
    }
    return GenerationRequest.builder(prompt).maxTokens(40).sampling(WILD).seed(index).build();
  }

  @Test
  void aNamedBackendThatDoesNotClaimItIsRefused() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> Engine.open(new TinyModel(), options().backend("careless").build()));
    assertEquals(
        "Backend 'careless' does not claim deterministic results, which option deterministic asks for;"
            + " expected a backend that does, such as 'cpu'. [MLA-0111]",
        e.getMessage());
  }

  @Test
  void anOpIsNotPinnedToABackendThatDoesNotClaimIt() {
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> Engine.open(new TinyModel(), options().ops("rms_norm=careless").build()));
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("Backend 'careless' could not be opened:"),
        e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains("MLA-0111"), e.getMessage());
  }

  @Test
  void autoPassesItOverAndSaysWhy() {
    try (Engine engine = Engine.open(new TinyModel(), options().build())) {
      assertTrue(
          engine.explain().entries().stream().allMatch(entry -> entry.backend().equals("cpu")));
      String reasons =
          engine.explain().entries().stream()
              .flatMap(entry -> entry.declined().stream())
              .map(Declined::reasons)
              .map(Object::toString)
              .distinct()
              .collect(Collectors.joining());
      assertTrue(reasons.contains("does not claim deterministic results"), reasons);
    }
    try (Engine engine = Engine.open(new TinyModel(), options().deterministic(false).build())) {
      assertTrue(
          engine.explain().entries().stream()
              .allMatch(entry -> entry.backend().equals("careless")));
    }
  }

  private EngineOptions.Builder options() {
    return EngineOptions.builder()
        .deterministic(true)
        .pluginLoader(PluginLoader.beside(folder, Careless.class));
  }

  /** Computes as {@code cpu} does, and promises nothing. */
  public static final class Careless extends DelegatingBackend {
    @Override
    public String name() {
      return "careless";
    }

    @Override
    public Probe probe() {
      return new Probe.Available("no promise", false);
    }
  }
}
