package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.Sample;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** A backend that fails takes down its step, with its name, and nothing else. */
@Timeout(60)
class EngineFailureTest {
  /** A prompt of this length makes the plug-in fail. */
  private static final int FATAL_LENGTH = 7;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      classes = {IllegalStateException.class, AssertionError.class, StackOverflowError.class})
  void aFailureEndsItsStepAndTheEngineGoesOn(Class<? extends Throwable> kind) throws Exception {
    EngineOptions options =
        EngineOptions.builder()
            .pluginLoader(PluginLoader.beside(folder, Fragile.class))
            .backendOption("fragile:throws", kind.getName())
            .build();
    try (Engine engine = Engine.open(new TinyModel(), options)) {
      Generation doomed = engine.generate(request(new int[FATAL_LENGTH], 5));
      BackendException e = assertThrows(BackendException.class, doomed::result);
      assertEquals(ErrorCode.FORWARD_FAILED, e.code());
      assertEquals(
          "Backend 'fragile' failed in layer '', op 'sample' ('sample'): "
              + kind.getDeclaredConstructor().newInstance()
              + " [MLA-0107]",
          e.getMessage());
      assertInstanceOf(kind, e.getCause().getCause());
      assertEquals(engine.statistics().totalBlocks(), engine.statistics().freeBlocks());
      assertEquals(3, engine.generate(request(new int[2], 3)).result().tokens().size());
    }
  }

  @Test
  void aRequestWithoutUsableLogitsFailsAlone() {
    TinyModel model = new TinyModel();
    EngineOptions options = EngineOptions.builder().deterministic(true).build();
    try (Engine engine = Engine.open(model, options)) {
      engine.reloadWeights(() -> model.poison(13));
      Generation sound = engine.generate(request(new int[] {1, 2, 3}, 12));
      Generation sick = engine.generate(request(new int[] {4, 13}, 12));
      BackendException e = assertThrows(BackendException.class, sick::result);
      assertEquals(
          "No token to draw after token 2 of a request with a prompt of 2 tokens: of 50 logits 50 are"
              + " NaN; expected numbers. [MLA-0113]",
          e.getMessage());
      assertEquals(12, sound.result().tokens().size());
    }
  }

  @Test
  void cancellingTheFutureStopsTheWork() throws InterruptedException {
    int endless = 100_000;
    EngineOptions options =
        EngineOptions.builder().maxSequenceLength(endless).cacheTokens(endless).threads(1).build();
    try (Engine engine = Engine.open(new TinyModel(endless), options);
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Generation generation = engine.generate(request(new int[2], endless));
      CompletableFuture<GenerationResult> future = generation.forEach(executor, _ -> {});
      future.cancel(true);
      while (!generation.isDone()) {
        Thread.onSpinWait();
      }
      assertTrue(engine.statistics().decodeTokens() < endless / 2);
    }
  }

  @Test
  void aCancelledRequestLeavesTheQueueWhileOthersRun() {
    int endless = 100_000;
    EngineOptions options =
        EngineOptions.builder()
            .maxSequenceLength(endless)
            .cacheTokens(2 * endless)
            .maxSequences(1)
            .threads(1)
            .build();
    try (Engine engine = Engine.open(new TinyModel(endless), options)) {
      Generation running = engine.generate(request(new int[2], endless));
      Generation first = engine.generate(request(new int[2], 5));
      Generation second = engine.generate(request(new int[2], 5));
      second.cancel();
      while (!second.isDone()) {
        Thread.onSpinWait();
      }
      assertTrue(!running.isDone() && !first.isDone());
      assertEquals(1, engine.statistics().waiting());
    }
  }

  private static GenerationRequest request(int[] prompt, int tokens) {
    return GenerationRequest.builder(prompt).maxTokens(tokens).build();
  }

  /** Samples token 1, and fails on prompts of one length. */
  public static final class Fragile implements BackendProvider {
    @Override
    public String name() {
      return "fragile";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("one op", true);
    }

    @Override
    public Backend open(EngineContext context) {
      String kind = context.options().get("throws");
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(Sample.TYPE);
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          StepTensor ids = bindings.tensor(((Sample) op).ids());
          return (step, _) -> {
            if (step.tokens() == FATAL_LENGTH) {
              sneak(kind);
            }
            for (int row = 0; row < ids.count(step); row++) {
              long offset = ids.offset(step) + row * ids.rowBytes();
              ids.tensor().segment().set(ValueLayout.JAVA_INT_UNALIGNED, offset, 1);
            }
          };
        }

        @Override
        public void close() {}
      };
    }

    private static void sneak(String kind) {
      Throwable thrown;
      try {
        thrown = (Throwable) Class.forName(kind).getDeclaredConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new LinkageError(kind, e);
      }
      switch (thrown) {
        case RuntimeException unchecked -> throw unchecked;
        case Error error -> throw error;
        default -> throw new LinkageError(kind, thrown);
      }
    }
  }
}
