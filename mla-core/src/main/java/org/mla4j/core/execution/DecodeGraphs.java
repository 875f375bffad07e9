package org.mla4j.core.execution;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.StepPlan;

/**
 * The graphs of a plan's decode steps: neighbouring nodes of one backend are captured together, for
 * 1, 2, 4 and so on rows up to as many as sequences can run at once. What a backend cannot capture
 * is launched node by node in between.
 */
final class DecodeGraphs implements AutoCloseable {
  private final List<Segment> segments;
  private final int[] sizes;
  private final GraphSupport level;

  private DecodeGraphs(List<Segment> segments, int[] sizes, GraphSupport level) {
    this.segments = segments;
    this.sizes = sizes;
    this.level = level;
  }

  /** Neighbouring nodes of one backend, without those that a decode step skips. */
  static final class Segment {
    private final OpenBackend backend;
    private final List<Integer> indices = new ArrayList<>();
    private int[] nodes = {};
    private CapturedGraph[] graphs = {};

    Segment(OpenBackend backend) {
      this.backend = backend;
    }

    OpenBackend backend() {
      return backend;
    }

    /** Indices of its nodes in the plan. */
    int[] nodes() {
      return nodes;
    }

    int last() {
      return nodes[nodes.length - 1];
    }

    /** The graph of a captured size; null if nodes are launched one by one. */
    @Nullable CapturedGraph graph(int size) {
      return graphs.length == 0 ? null : graphs[size];
    }
  }

  static DecodeGraphs capture(StepPlan plan, List<Kernel> kernels, StepLimits limits) {
    List<Segment> segments = segments(plan);
    int[] sizes = sizes(Math.min(limits.maxTokens(), limits.maxSequences()));
    DecodeGraphs graphs = new DecodeGraphs(segments, sizes, level(segments));
    try {
      if (graphs.level != GraphSupport.NEVER) {
        segments.forEach(segment -> capture(segment, sizes, plan, kernels));
      }
      return graphs;
    } catch (RuntimeException | Error e) {
      graphs.closeAfter(e);
      throw e;
    }
  }

  private static List<Segment> segments(StepPlan plan) {
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < plan.nodes().size(); i++) {
      PlannedNode planned = plan.nodes().get(i);
      if (runsInDecodeSteps(planned.node())) {
        if (segments.isEmpty() || !segments.getLast().backend.equals(planned.backend())) {
          segments.add(new Segment(planned.backend()));
        }
        segments.getLast().indices.add(i);
      }
    }
    for (Segment segment : segments) {
      segment.nodes = segment.indices.stream().mapToInt(Integer::intValue).toArray();
    }
    return segments;
  }

  private static boolean runsInDecodeSteps(Node node) {
    return switch (node.rows()) {
      case ALL, DECODE, LOGITS -> true;
      case PREFILL, CONTEXT, BLOCK_COPIES -> false;
    };
  }

  /** What all backends that capture anything can. */
  private static GraphSupport level(List<Segment> segments) {
    GraphSupport least = GraphSupport.NEVER;
    for (Segment segment : segments) {
      GraphSupport support = segment.backend.backend().graphSupport();
      if (support != GraphSupport.NEVER) {
        least = least == GraphSupport.NEVER || support.compareTo(least) < 0 ? support : least;
      }
    }
    return least;
  }

  private static int[] sizes(int most) {
    List<Integer> sizes = new ArrayList<>();
    for (int size = 1; size < most; size *= 2) {
      sizes.add(size);
    }
    sizes.add(most);
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void capture(Segment segment, int[] sizes, StepPlan plan, List<Kernel> kernels) {
    if (segment.backend.backend().graphSupport() == GraphSupport.NEVER) {
      return;
    }
    List<Node> nodes = segment.indices.stream().map(i -> plan.nodes().get(i).node()).toList();
    List<Kernel> theirs = segment.indices.stream().map(kernels::get).toList();
    List<CapturedGraph> graphs = new ArrayList<>();
    try {
      for (int size : sizes) {
        graphs.add(capture(segment.backend, new GraphRequest(size, nodes, theirs)));
      }
    } finally {
      segment.graphs = graphs.toArray(CapturedGraph[]::new); // what was captured is to be closed
    }
  }

  private static CapturedGraph capture(OpenBackend backend, GraphRequest request) {
    try {
      Graph graph = backend.backend().capture(request);
      return CapturedGraph.of(backend.name(), request.nodes(), graph);
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CAPTURE_FAILED,
          "Backend '"
              + backend.name()
              + "' said it can capture, but failed to capture '"
              + request.nodes().getFirst().name()
              + "' to '"
              + request.nodes().getLast().name()
              + "' for "
              + request.rows()
              + " rows: "
              + e,
          e);
    }
  }

  List<Segment> segments() {
    return segments;
  }

  /** Whether a step can be replayed. */
  boolean cover(StepDescription step) {
    int tokens = step.tokens();
    boolean decodes =
        level != GraphSupport.NEVER
            && !step.isProfiling()
            && tokens > 0
            && tokens == step.count(Rows.DECODE)
            && tokens <= sizes[sizes.length - 1]
            && step.sequences() == step.decodeSequences();
    return decodes && (level == GraphSupport.DECODE || isSingle(step));
  }

  private static boolean isSingle(StepDescription step) {
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      if (step.queryLength(sequence) != 1) {
        return false;
      }
    }
    return true;
  }

  /** The smallest captured size that holds a step. */
  int size(StepDescription step) {
    int size = 0;
    while (sizes[size] < step.tokens()) {
      size++;
    }
    return size;
  }

  /** What is captured and what is not, for people. */
  List<String> describe() {
    Map<String, Integer> eager = new LinkedHashMap<>();
    int captured = 0;
    for (Segment segment : segments) {
      if (segment.graphs.length > 0) {
        captured++;
      } else {
        eager.merge(segment.backend.name(), segment.nodes.length, Integer::sum);
      }
    }
    List<String> lines = new ArrayList<>();
    if (captured == 0) {
      lines.add("eager: graph mode was asked for, but no backend of this plan captures");
    } else {
      lines.add(
          "graph: decode steps of up to "
              + sizes[sizes.length - 1]
              + (level == GraphSupport.SINGLE_TOKEN
                  ? " sequences with one new token each"
                  : " tokens")
              + ", "
              + captured
              + " of "
              + segments.size()
              + " parts captured; other steps eager");
      eager.forEach((backend, nodes) ->
          lines.add(
              "eager: '" + backend + "' captures nothing; its " + nodes + " nodes run one by one"));
    }
    return lines;
  }

  private void closeAfter(Throwable cause) {
    try {
      close();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Closes every graph even if one fails. */
  @Override
  public void close() {
    BackendException first = null;
    for (Segment segment : segments) {
      for (CapturedGraph graph : segment.graphs) {
        try {
          graph.close();
        } catch (Throwable e) {
          BackendException failure =
              new BackendException(
                  ErrorCode.CLOSE_FAILED,
                  "A graph of backend '" + segment.backend.name() + "' failed to close: " + e,
                  e);
          if (first == null) {
            first = failure;
          } else {
            first.addSuppressed(failure);
          }
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
