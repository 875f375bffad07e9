package org.mla4j.benchmarks;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.execution.PreparedPlan;
import org.mla4j.core.options.AttentionSplit;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.planner.Planner;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the plan costs: a decode step of one attention layer of DeepSeek-V2-Lite run through the
 * plan, eagerly and replayed, with attention visible and opaque, against the same kernels called in
 * sequence by hand.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class PlanOverheadBenchmark {
  /** Tokens in the cache. */
  @Param("256")
  public int context;

  /** How many threads. */
  @Param("2")
  public int threads;

  private final Arena arena = Arena.ofShared();
  private final List<PreparedPlan> plans = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private PreparedPlan eager;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private PreparedPlan graph;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private PreparedPlan opaque;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private Kernel[] byHand;

  @SuppressWarnings("NullAway.Init") // set up before it is measured
  private StepDescription step;

  /** Makes the layer three times, and its kernels once more. */
  @Setup
  public void setUp() {
    StepLimits limits = new StepLimits(16, 1, 2048, 64, 34);
    KernelBench engine = new KernelBench("vector", threads, 16, 2048);
    opened.add(engine);
    step = new StepDescription(limits, arena);
    int[] blocks = new int[Math.ceilDiv(context + 1, 64)];
    Arrays.setAll(blocks, i -> i + 1);
    step.addSequence(Phase.DECODE, context, new int[1], 0, 1, blocks, blocks.length);
    step.wantLastLogits(Sampling.GREEDY, 0);
    eager = plan(engine, limits, EngineOptions.builder().build());
    graph = plan(engine, limits, EngineOptions.builder().execution(ExecutionMode.GRAPH).build());
    opaque =
        plan(engine, limits, EngineOptions.builder().attentionSplit(AttentionSplit.OPAQUE).build());
    Backend backend = new CpuBackendProvider().open(engine);
    opened.add(backend);
    byHand =
        eager.plan().plainNodes().stream()
            .filter(node -> step.count(node.rows()) > 0)
            .map(Node::op)
            .map(op -> backend.create(op, eager.bindings()))
            .toArray(Kernel[]::new);
  }

  private PreparedPlan plan(KernelBench engine, StepLimits limits, EngineOptions options) {
    Backend backend = new CpuBackendProvider().open(engine);
    opened.add(backend);
    List<OpenBackend> backends = List.of(new OpenBackend("cpu", backend, Optional.empty()));
    PreparedPlan plan =
        PreparedPlan.of(
            Planner.plan(new OneLayerModel(), backends, options, limits),
            limits,
            (purpose, bytes) -> arena.allocate(bytes, 64),
            options.execution(),
            ProgressListener.NONE);
    plans.add(plan);
    return plan;
  }

  /** The kernels one after another. */
  @Benchmark
  public void byHand() {
    for (Kernel kernel : byHand) {
      kernel.forward(step, Queue.SYNCHRONOUS);
    }
  }

  /** The plan. */
  @Benchmark
  public boolean throughThePlan() {
    return eager.executor().run(step, () -> true, null);
  }

  /** The plan, replayed from a graph. */
  @Benchmark
  public boolean replayed() {
    return graph.executor().run(step, () -> true, null);
  }

  /** The plan with attention as one op. */
  @Benchmark
  public boolean opaqueAttention() {
    return opaque.executor().run(step, () -> true, null);
  }

  /**
   * Frees everything.
   *
   * @throws Exception if something fails to close
   */
  @TearDown
  public void tearDown() throws Exception {
    plans.forEach(plan -> plan.executor().close());
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    arena.close();
  }
}
