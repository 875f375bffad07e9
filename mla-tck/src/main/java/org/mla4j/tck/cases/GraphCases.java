package org.mla4j.tck.cases;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Meter;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;

/** Capture and replay of decode steps. */
final class GraphCases {
  private static final Batch FULL = Batch.decodeOnly();
  private static final Batch SEVERAL =
      Batch.of("several tokens", 16, new int[][] {{20, 2}, {31, 1}, {0, 3}}, new int[][] {});

  private final List<Case> cases = new ArrayList<>();

  private GraphCases() {}

  static List<Case> cases() {
    GraphCases made = new GraphCases();
    for (LayerExample.Variant variant :
        List.of(LayerExample.Variant.PLAIN, LayerExample.Variant.BARE)) {
      for (Dims dims : List.of(Dims.SMALL, Dims.REAL, Dims.REAL.heads(128))) {
        made.add(Rules.REPLAY, variant, dims, GraphCases::replay);
        made.add(Rules.REPLAY_FEWER, variant, dims, GraphCases::fewer);
      }
    }
    made.add(Rules.GRAPH_ARGUMENTS, LayerExample.Variant.PLAIN, Dims.SMALL, GraphCases::arguments);
    made.add(Rules.GRAPH_ARGUMENTS, LayerExample.Variant.PLAIN, Dims.REAL, GraphCases::arguments);
    made.add(
        Rules.REPLAY_ALLOCATES_NOTHING,
        LayerExample.Variant.PLAIN,
        Dims.SMALL,
        GraphCases::noAllocation);
    made.add(
        Rules.REPLAY_ALLOCATES_NOTHING,
        LayerExample.Variant.PLAIN,
        Dims.REAL,
        GraphCases::noAllocation);
    made.add(Rules.GRAPH_CLOSE, LayerExample.Variant.PLAIN, Dims.SMALL, GraphCases::closed);
    made.add(Rules.GRAPH_CLOSE, LayerExample.Variant.PLAIN, Dims.REAL, GraphCases::closed);
    return made.cases;
  }

  /** Tests something of the captured parts of a layer. */
  @FunctionalInterface
  private interface Test {
    void run(Captured captured) throws Exception;
  }

  private void add(Rule rule, LayerExample.Variant variant, Dims dims, Test test) {
    cases.add(
        Case.of(
            rule,
            variant + ", " + dims,
            subject -> {
              try (Captured captured = new Captured(subject, variant, dims)) {
                test.run(captured);
              }
            }));
  }

  /** The decode ops of a layer that the backend runs, captured in as few graphs as can be. */
  private static final class Captured implements AutoCloseable {
    private final Session session;
    private final Bench bench;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Kernel> kernels = new ArrayList<>();
    private final List<Graph> graphs = new ArrayList<>();
    private final int tokens;

    Captured(Subject subject, LayerExample.Variant variant, Dims dims) {
      var limits = FULL.limits(SEVERAL);
      session = Session.graph(subject, limits);
      bench = new Bench(limits);
      tokens = Math.max(FULL.tokens(), SEVERAL.tokens());
      try {
        if (session.backend().graphSupport() == GraphSupport.NEVER) {
          throw new Skipped("captures no graphs");
        }
        capture(variant, dims);
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }

    private void capture(LayerExample.Variant variant, Dims dims) {
      Layers.Plan plan = Layers.plan(session, Layers.example(session, dims, variant));
      plan.nodes().forEach(node -> bench.bind(node.op()));
      List<Node> run = new ArrayList<>();
      List<Kernel> runKernels = new ArrayList<>();
      for (Node node : plan.nodes()) {
        if (node.rows() != Rows.ALL && node.rows() != Rows.DECODE) {
          continue;
        }
        if (session.declined(node.op()).isPresent()) {
          finish(run, runKernels);
          continue;
        }
        run.add(node);
        runKernels.add(session.create(node.op(), bench));
      }
      finish(run, runKernels);
      if (graphs.isEmpty()) {
        throw new Skipped("runs no op of a layer with " + dims);
      }
    }

    private void finish(List<Node> run, List<Kernel> runKernels) {
      if (!run.isEmpty()) {
        nodes.addAll(run);
        kernels.addAll(runKernels);
        graphs.add(session.backend().capture(new GraphRequest(tokens, run, runKernels)));
        run.clear();
        runKernels.clear();
      }
    }

    boolean takes(Batch batch) {
      boolean single = batch.sequences().stream().allMatch(seq -> seq.tokens() == 1);
      return single || session.backend().graphSupport() == GraphSupport.DECODE;
    }

    /** Fills everything that any node reads, so that parts run by nobody are not missed. */
    void stage(Batch batch) {
      bench.describe(batch);
      for (Node node : nodes) {
        for (Value value : node.op().reads()) {
          if (value instanceof StepValue named && named.dtype().isFloat()) {
            bench.random(named, 1);
          } else if (value instanceof CacheValue cache) {
            bench.randomCache(cache, true);
          }
        }
      }
    }

    void eager() {
      session.forward(bench.step(), kernels.toArray(Kernel[]::new));
    }

    /** Takes what changed, then submits: nothing else is called. */
    void replayAll() {
      for (Graph graph : graphs) {
        graph.update(bench.step());
      }
      session.submit(() -> {
        for (Graph graph : graphs) {
          graph.replay(session.backend().queue());
        }
      });
    }

    /** Replays a batch and holds all memory against that of kernels run one by one. */
    void requireSame(Batch batch) {
      stage(batch);
      Map<Object, byte[]> before = bench.bytes();
      eager();
      Map<Object, byte[]> expected = bench.bytes();
      bench.restore(before);
      replayAll();
      Map<Object, byte[]> found = bench.bytes();
      found.forEach((part, bytes) -> {
        int at = java.util.Arrays.mismatch(bytes, expected.get(part));
        Failure.unless(
            at < 0,
            () ->
                "replay of batch '"
                    + batch
                    + "' differs from its kernels one by one at byte "
                    + (at - Bench.GUARD)
                    + " of "
                    + part);
      });
    }

    @Override
    public void close() {
      graphs.forEach(Graph::close);
      session.close();
      bench.close();
    }
  }

  private static void replay(Captured captured) {
    for (Batch batch : List.of(FULL, SEVERAL, FULL)) {
      if (captured.takes(batch)) {
        captured.requireSame(batch);
      }
    }
  }

  private static void fewer(Captured captured) {
    Batch fewer = Batch.of("fewer", 16, new int[][] {{20, 1}, {31, 1}}, new int[][] {});
    for (Batch batch : List.of(FULL, fewer, FULL.alone(2), FULL)) {
      captured.requireSame(batch);
      // Rows beyond the live ones are NaN; they were not read if live results are numbers.
      captured.stage(batch);
      captured.replayAll();
      for (Node node : captured.nodes) {
        for (Value value : node.op().writes()) {
          if (value instanceof StepValue named) {
            requireNumbers(captured.bench.read(named), named, batch);
          }
        }
      }
    }
  }

  private static void requireNumbers(double[][] rows, StepValue value, Batch batch) {
    for (int row = 0; row < rows.length; row++) {
      for (double number : rows[row]) {
        int at = row;
        Failure.unless(
            !Double.isNaN(number),
            () -> "NaN in row " + at + " of " + value + " after a replay of batch '" + batch + "'");
      }
    }
  }

  private static void arguments(Captured captured) {
    Map<Graph, Map<String, Long>> baked = new LinkedHashMap<>();
    for (Graph graph : captured.graphs) {
      List<GraphArgument> arguments = graph.arguments();
      Failure.unless(
          arguments != null && !arguments.isEmpty(),
          () -> "a graph that depends on nothing: expected its arguments, refreshed ones at least");
      Failure.unless(
          names(arguments).equals(names(graph.arguments())),
          () -> "the arguments of a graph changed between two calls");
      for (GraphArgument argument : arguments) {
        Failure.unless(
            argument.name() != null && !argument.name().isBlank(),
            () -> "an argument of a graph has no name");
      }
      baked.put(graph, bakedValues(graph));
    }
    for (Batch batch : List.of(FULL, FULL.alone(1))) {
      captured.stage(batch);
      captured.replayAll();
    }
    baked.forEach((graph, values) ->
        Failure.unless(
            values.equals(bakedValues(graph)),
            () ->
                "baked arguments changed between replays: were "
                    + values
                    + ", are "
                    + bakedValues(graph)));
  }

  private static List<String> names(List<GraphArgument> arguments) {
    return arguments.stream().map(a -> a.name() + " " + a.binding()).toList();
  }

  private static Map<String, Long> bakedValues(Graph graph) {
    Map<String, Long> values = new LinkedHashMap<>();
    for (GraphArgument argument : graph.arguments()) {
      if (argument.binding() == GraphArgument.Binding.BAKED) {
        values.put(argument.name(), argument.value().getAsLong());
      }
    }
    return values;
  }

  private static void noAllocation(Captured captured) throws InterruptedException {
    captured.stage(FULL);
    captured.session.upload();
    StepDescription step = captured.bench.step();
    Graph[] graphs = captured.graphs.toArray(Graph[]::new);
    var queue = captured.session.backend().queue();
    long bytes =
        Meter.allocated(
            captured.session.engine().helpers(),
            () -> {
              for (Graph graph : graphs) {
                graph.update(step);
              }
              for (Graph graph : graphs) {
                graph.replay(queue);
              }
              queue.record().await();
            });
    Failure.unless(
        bytes == 0,
        () -> bytes + " bytes were allocated in " + Meter.CALLS + " replays; expected none");
  }

  private static void closed(Captured captured) {
    captured.stage(FULL);
    captured.eager();
    Map<Object, byte[]> expected = captured.bench.bytes();
    for (Graph graph : captured.graphs) {
      graph.close();
      graph.close();
    }
    captured.stage(FULL);
    captured.eager();
    captured
        .bench
        .buffers()
        .forEach((value, segment) ->
            Failure.unless(
                java.util.Arrays.equals(
                    segment.toArray(ValueLayout.JAVA_BYTE), expected.get(value)),
                () -> value + " differs when kernels run one by one after their graph was closed"));
  }
}
