package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ClosedException;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** Weights change between two steps, for all or for none. */
@Timeout(60)
class ReloadTest {
  private static final int[] PROMPT = {3, 1, 4};

  @TempDir Path folder;

  @Test
  void answersComeFromTheNewWeightsAndFromTheOldAgain() {
    TinyModel model = new TinyModel();
    try (Engine engine = Engine.open(model, EngineOptions.builder().build())) {
      List<Integer> before = answer(engine);
      engine.reloadWeights(model::negateNorms);
      List<Integer> changed = answer(engine);
      assertNotEquals(before, changed);
      engine.reloadWeights(model::negateNorms);
      assertEquals(before, answer(engine));
    }
  }

  @Test
  void aRunningGenerationGoesOn() {
    TinyModel model = new TinyModel();
    try (Engine engine = Engine.open(model, EngineOptions.builder().build())) {
      Generation running =
          engine.generate(GenerationRequest.builder(PROMPT).maxTokens(200).build());
      Piece _ = running.next();
      engine.reloadWeights(model::negateNorms);
      assertEquals(200, running.result().tokens().size());
    }
  }

  @Test
  void aChangeThatFailsIsTheCallersToSee() {
    try (Engine engine = Engine.open(new TinyModel(), EngineOptions.builder().build())) {
      IllegalStateException own = new IllegalStateException("no new weights");
      assertSame(
          own,
          assertThrows(
              IllegalStateException.class,
              () ->
                  engine.reloadWeights(() -> {
                    throw own;
                  })));
      assertEquals(5, answer(engine).size());
    }
  }

  @Test
  void whoCannotReloadRefusesBeforeAnythingChanges() {
    TinyModel model = new TinyModel();
    try (Engine engine = Engine.open(model, options("fixed"))) {
      List<Integer> before = answer(engine);
      BackendException e =
          assertThrows(BackendException.class, () -> engine.reloadWeights(model::negateNorms));
      assertEquals(
          "Backend 'fixed' cannot reload weights; nothing was changed. Build the engine anew."
              + " [MLA-0112]",
          e.getMessage());
      assertEquals(before, answer(engine));
    }
  }

  @Test
  void aFailureOnTheWayEndsTheEngine() {
    TinyModel model = new TinyModel();
    try (Engine engine = Engine.open(model, options("torn"))) {
      BackendException e =
          assertThrows(BackendException.class, () -> engine.reloadWeights(model::negateNorms));
      assertEquals(
          "Backend 'torn' failed to reload its weights: java.lang.IllegalStateException: half way"
              + " [MLA-0112]",
          e.getMessage());
      ClosedException closed = assertThrows(ClosedException.class, () -> answer(engine));
      assertTrue(
          String.valueOf(closed.getMessage())
              .startsWith("generate() on a closed engine, which ended by itself: "),
          closed.getMessage());
    }
  }

  @Test
  void aClosedEngineRefuses() {
    Engine engine = Engine.open(new TinyModel(), EngineOptions.builder().build());
    engine.close();
    assertEquals(
        "reloadWeights() on a closed engine. [MLA-0403]",
        assertThrows(ClosedException.class, () -> engine.reloadWeights(() -> {})).getMessage());
  }

  private EngineOptions options(String backend) {
    return EngineOptions.builder()
        .backend(backend)
        .pluginLoader(PluginLoader.beside(folder, Fixed.class, Torn.class))
        .build();
  }

  private static List<Integer> answer(Engine engine) {
    return engine
        .generate(GenerationRequest.builder(PROMPT).maxTokens(5).build())
        .result()
        .tokens();
  }

  /** Keeps the weights that it was created with. */
  public static class Fixed extends DelegatingBackend {
    @Override
    public String name() {
      return "fixed";
    }

    @Override
    protected boolean canReload(Backend inner) {
      return false;
    }
  }

  /** Promises to reload and fails. */
  public static final class Torn extends Fixed {
    @Override
    public String name() {
      return "torn";
    }

    @Override
    protected boolean canReload(Backend inner) {
      return true;
    }

    @Override
    protected void reload(Backend inner) {
      throw new IllegalStateException("half way");
    }
  }
}
