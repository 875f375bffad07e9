package org.mla4j.opencl;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.reference.SampleReference;

/** Draws from vocabularies below, at and far above the size of a work-group. */
class SampleTest {
  /** More rows than are drawn at once. */
  private static final int ROWS = 37;

  private static final StepLimits LIMITS = new StepLimits(ROWS, ROWS, 8, 8, ROWS + 1);
  private static final float[] TEMPERATURES = {0, 0.3f, 1, 2.5f};
  private static final float[] TOP_PS = {1, 0.95f, 0.5f, 0.01f};
  private static final float[] MIN_PS = {0, 0.02f, 0.6f, 0.99f};

  private final Random random = new Random(7);

  @Test
  void drawsWhatTheDefinitionDraws() {
    OpenClBackendProvider provider = new OpenClBackendProvider();
    assumeTrue(provider.probe() instanceof Probe.Available, "no OpenCL device");
    for (int vocabulary : new int[] {1, 2, 63, 64, 65, 130, 1000, 5003}) {
      try (Arena arena = Arena.ofConfined();
          Backend backend = provider.open(new Context(arena))) {
        draw(backend, vocabulary, arena);
      }
    }
  }

  private void draw(Backend backend, int vocabulary, Arena arena) {
    Sample op =
        new Sample(
            StepValue.buffer("logits", DType.F32, Rows.LOGITS, vocabulary),
            StepValue.buffer("ids", DType.I32, Rows.LOGITS, 1));
    assertInstanceOf(Support.Yes.class, backend.supports(op));
    DeviceMemory memory = backend.memory().orElseThrow();
    DeviceStorage logits = memory.allocate("logits", 4L * ROWS * vocabulary);
    DeviceStorage ids = memory.allocate("ids", 4L * ROWS);
    try (Kernel kernel =
        backend.create(
            op,
            new Bound(
                op,
                Tensor.dense(DType.F32, Shape.of(ROWS, vocabulary), logits, 0),
                Tensor.dense(DType.I32, Shape.of(ROWS, 1), ids, 0)))) {
      MemorySegment given = arena.allocate(ValueLayout.JAVA_FLOAT, (long) ROWS * vocabulary);
      MemorySegment drawn = arena.allocate(ValueLayout.JAVA_INT, ROWS);
      StepDescription step = new StepDescription(LIMITS, arena);
      for (int round = 0; round < 4; round++) {
        describe(step, vocabulary);
        fill(given, vocabulary, round);
        memory.write(given, logits, 0);
        backend.prepare(step);
        kernel.forward(step, backend.queue());
        memory.read(ids, 0, drawn);
        check(step, given, drawn, vocabulary);
      }
    }
  }

  private void describe(StepDescription step, int vocabulary) {
    step.clear();
    for (int row = 0; row < ROWS; row++) {
      step.addSequence(Phase.DECODE, 0, new int[1], 0, 1, new int[] {row + 1}, 1);
      Sampling how =
          new Sampling(
              TEMPERATURES[random.nextInt(TEMPERATURES.length)],
              random.nextBoolean() ? 0 : 1 + random.nextInt(vocabulary + 1),
              TOP_PS[random.nextInt(TOP_PS.length)],
              MIN_PS[random.nextInt(MIN_PS.length)]);
      step.wantLastLogits(how, row == 0 ? 0 : row == 1 ? Math.nextDown(1.0) : random.nextDouble());
    }
  }

  /** Of a few values in every second round, so that many are equal; some rows are unusable. */
  private void fill(MemorySegment logits, int vocabulary, int round) {
    for (int i = 0; i < ROWS * vocabulary; i++) {
      double logit = random.nextGaussian() * 3;
      float value = (float) (round % 2 == 0 ? logit : Math.round(logit));
      boolean impossible = round > 1 && random.nextInt(5) == 0;
      logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, impossible ? Float.NEGATIVE_INFINITY : value);
    }
    logits.setAtIndex(ValueLayout.JAVA_FLOAT, (long) 5 * vocabulary + vocabulary / 2, Float.NaN);
    for (int token = 0; token < vocabulary; token++) {
      logits.setAtIndex(
          ValueLayout.JAVA_FLOAT, (long) 6 * vocabulary + token, Float.NEGATIVE_INFINITY);
    }
  }

  private static void check(
      StepDescription step, MemorySegment given, MemorySegment drawn, int vocabulary) {
    for (int row = 0; row < ROWS; row++) {
      double[] logits = new double[vocabulary];
      for (int token = 0; token < vocabulary; token++) {
        logits[token] = given.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * vocabulary + token);
      }
      int id = drawn.getAtIndex(ValueLayout.JAVA_INT, row);
      Set<Integer> right = SampleReference.draws(logits, step.sampling(row), step.draw(row));
      String what =
          "row " + row + " of " + vocabulary + ", " + step.sampling(row) + ", " + step.draw(row);
      assertTrue(right.contains(id), () -> what + ": " + id + "; expected one of " + right);
    }
  }

  /** Two values where they lie. */
  private record Bound(Sample op, Tensor logits, Tensor ids) implements Bindings {
    @Override
    public StepTensor tensor(StepValue value) {
      return new StepTensor(value == op.logits() ? logits : ids, Rows.LOGITS, Rows.LOGITS);
    }

    @Override
    public Tensor cache(CacheValue value, int tensor) {
      throw new AssertionError("sample has no cache");
    }
  }

  /** An engine that keeps nothing. */
  private record Context(Arena arena) implements EngineContext {
    @Override
    public StepLimits limits() {
      return LIMITS;
    }

    @Override
    public ParallelFor parallel() {
      throw new AssertionError("a device has threads of its own");
    }

    @Override
    public boolean deterministic() {
      return true;
    }

    @Override
    public Map<String, String> options() {
      return Map.of();
    }

    @Override
    public Optional<Path> cacheFolder() {
      return Optional.empty();
    }

    @Override
    public ProgressListener progress() {
      throw new AssertionError("sample has no long work");
    }

    @Override
    public MemorySegment allocate(String purpose, long bytes) {
      return arena.allocate(bytes, 64);
    }
  }
}
