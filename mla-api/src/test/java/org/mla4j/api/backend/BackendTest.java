package org.mla4j.api.backend;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.testing.Steps;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/** What a vendor gets who implements no more than he must. */
class BackendTest {
  private static final StepValue X = StepValue.buffer("x", DType.F32, Rows.ALL, 4);
  private static final Op ADD = new Add(X, X);

  private final Backend backend = () -> {};
  private final Bindings unbound = new Unbound();

  /** A kernel that does nothing. */
  private static final class IdleKernel implements Kernel {
    @Override
    public void forward(StepDescription step, Queue queue) {}
  }

  private record SomeLayer(String layer) implements LayerCall {
    @Override
    public String type() {
      return "some_layer";
    }

    @Override
    public List<Value> reads() {
      return List.of(X);
    }

    @Override
    public List<Value> writes() {
      return List.of(X);
    }
  }

  private static final class Unbound implements Bindings {
    @Override
    public StepTensor tensor(StepValue value) {
      throw new AssertionError();
    }

    @Override
    public Tensor cache(CacheValue value, int tensor) {
      throw new AssertionError();
    }
  }

  /** A provider that says only what it must. */
  private final class TerseProvider implements BackendProvider {
    @Override
    public String name() {
      return "terse";
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
      return new Probe.Unavailable("no device");
    }

    @Override
    public Backend open(EngineContext context) {
      return backend;
    }
  }

  @Test
  void isAskedForNothing() {
    assertEquals(Set.of(), backend.ops());
    assertEquals(Set.of(), backend.layers());
    assertEquals(Set.of(), backend.features());
  }

  @Test
  void supportsWhatItIsAskedFor() {
    assertEquals(Support.yes(), backend.supports(ADD));
  }

  @Test
  void worksOnTheHost() {
    assertEquals("host", backend.device());
  }

  @Test
  void hasDoneItsWorkWhenAKernelReturns() {
    assertSame(Queue.SYNCHRONOUS, backend.queue());
    assertSame(Event.COMPLETED, backend.queue().record());
    assertDoesNotThrow(Event.COMPLETED::await);
  }

  @Test
  void preparesNothing() {
    try (Arena arena = Arena.ofConfined()) {
      StepDescription step = Steps.empty(arena);
      assertDoesNotThrow(() -> backend.prepare(step));
    }
  }

  @Test
  void createsNothingAndSaysSo() {
    assertEquals(
        "This backend has no op 'add'.",
        assertThrows(UnsupportedOperationException.class, () -> backend.create(ADD, unbound))
            .getMessage());
    assertEquals(
        "This backend has no layer 'some_layer'.",
        assertThrows(
                UnsupportedOperationException.class,
                () -> backend.createLayer(new SomeLayer("layers.0"), unbound))
            .getMessage());
  }

  @Test
  void aLayerNeedsNoWeightsAndNoFeatures() {
    assertEquals(List.of(), new SomeLayer("layers.0").weights());
    assertEquals(Set.of(), new SomeLayer("layers.0").features());
  }

  @Test
  void aKernelIsCalledByItsClassAndHoldsNothing() {
    Kernel kernel = new IdleKernel();
    assertEquals("IdleKernel", kernel.describe());
    assertDoesNotThrow(kernel::close);
    assertDoesNotThrow(kernel::close);
  }

  @Test
  void aProviderGoesBeforeTheBundledOne() {
    assertEquals(10, new TerseProvider().priority());
  }

  @Test
  void nobodyNeedsToListenToProgress() {
    assertDoesNotThrow(() -> ProgressListener.NONE.progress("weights", 1, 2));
  }

  @Test
  void takesCachesRowByRowAndAttentionOpByOp() {
    assertEquals(List.of(CacheLayout.ROW_MAJOR), backend.cacheLayouts());
    assertTrue(backend.takesLayout(CacheLayout.ROW_MAJOR));
    assertFalse(
        backend.takesLayout(
            new CacheLayout(CacheLayout.Arrangement.NZ, CacheLayout.RopeOrder.AS_ROTATED, 0)));
    assertEquals(List.of(), backend.attentionForms());
    assertEquals(List.of(), backend.fusionPasses());
  }

  @Test
  void takesNoPlansAndCapturesNothing() {
    assertEquals(Optional.empty(), backend.supportsPlan(List.of()));
    assertEquals(GraphSupport.NEVER, backend.graphSupport());
    assertEquals(
        "This backend takes no whole plans.",
        assertThrows(
                UnsupportedOperationException.class, () -> backend.createPlan(List.of(), unbound))
            .getMessage());
    assertEquals(
        "This backend captures no graphs.",
        assertThrows(
                UnsupportedOperationException.class,
                () -> backend.capture(new GraphRequest(1, List.of(), List.of())))
            .getMessage());
  }

  @Test
  void keepsItsWeights() {
    assertFalse(backend.canReloadWeights());
    assertEquals(
        "This backend cannot reload weights.",
        assertThrows(UnsupportedOperationException.class, backend::reloadWeights).getMessage());
  }
}
