package org.mla4j.core.execution;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.plan.ContextGroups;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.StepPlan;

/**
 * Runs the kernels of a plan in order: no allocation, no look-up, no reflection.
 *
 * <p>Threading: one thread at a time.
 */
public final class StepExecutor implements AutoCloseable {
  private static final int NONE = -1;

  private final StepPlan plan;
  private final Node[] nodes;

  /** For each node, its values in memory of the host, for those who look at them. */
  private final Bindings[] shown;

  private final Kernel[] kernels;
  private final Queue[] queues;
  private final String[] names;

  /** For each node, which of the used backends runs it. */
  private final int[] owners;

  /** For each node, the number of its layer: neighbours of one layer have one number. */
  private final int[] layers;

  /** For each node, the end of the group that runs once for each context pass; or just the next. */
  private final int[] groupEnds;

  /** The node of the current step that was submitted last. */
  private int last = NONE;

  private final Backend[] used;
  private final String[] usedNames;

  /** For each used backend, whether a replayed step launches nodes of it one by one. */
  private final boolean[] eager;

  private final @Nullable DecodeGraphs graphs;

  /** What a fused node stands for, for each node. */
  private final ReplacedNodes[] replaced;

  private volatile long replays;

  private StepExecutor(
      StepPlan plan, PlanMemory memory, List<Kernel> kernels, @Nullable DecodeGraphs graphs) {
    this.plan = plan;
    this.kernels = kernels.toArray(Kernel[]::new);
    this.nodes = plan.plainNodes().toArray(Node[]::new);
    this.queues = new Queue[nodes.length];
    this.names = new String[nodes.length];
    this.shown = new Bindings[nodes.length];
    this.owners = new int[nodes.length];
    this.layers = new int[nodes.length];
    this.groupEnds = ContextGroups.ends(plan.plainNodes());
    List<OpenBackend> distinct = new ArrayList<>();
    for (int i = 0; i < nodes.length; i++) {
      OpenBackend backend = plan.nodes().get(i).backend();
      queues[i] = backend.backend().queue();
      names[i] = backend.name();
      shown[i] = memory.onHost(backend.device());
      if (!distinct.contains(backend)) {
        distinct.add(backend);
      }
      owners[i] = distinct.indexOf(backend);
      boolean same = i > 0 && nodes[i].layer().equals(nodes[i - 1].layer());
      layers[i] = i == 0 ? 0 : layers[i - 1] + (same ? 0 : 1);
    }
    this.used = distinct.stream().map(OpenBackend::backend).toArray(Backend[]::new);
    this.usedNames = distinct.stream().map(OpenBackend::name).toArray(String[]::new);
    this.graphs = graphs;
    this.eager = new boolean[used.length];
    if (graphs != null) {
      for (DecodeGraphs.Segment segment : graphs.segments()) {
        eager[distinct.indexOf(segment.backend())] |= segment.graph(0) == null;
      }
    }
    this.replaced = plan.nodes().stream().map(ReplacedNodes::of).toArray(ReplacedNodes[]::new);
  }

  /** Looks at values after a node ran, while its outputs are complete. */
  public interface AfterNode {
    /**
     * Called before a node runs, when all before it are complete.
     *
     * @param node the node
     * @param step the step
     */
    void before(Node node, StepDescription step);

    /**
     * Called after a node ran.
     *
     * @param node the node
     * @param step the step
     * @param bindings the plan's values in memory of the host, valid during the call
     */
    void after(Node node, StepDescription step, Bindings bindings);
  }

  /** Captures graphs of kernels. */
  @FunctionalInterface
  interface Capture {
    /** Captures nothing. */
    Capture NONE = kernels -> null;

    @Nullable DecodeGraphs of(List<Kernel> kernels);
  }

  /** Tells how far the creation of kernels got. */
  @FunctionalInterface
  interface Progress {
    void created(int done, int total);
  }

  /** Creates the kernels of a plan; if one fails, those created before are closed. */
  static StepExecutor create(StepPlan plan, PlanMemory memory, Capture capture, Progress progress) {
    List<Kernel> kernels = new ArrayList<>();
    try {
      for (PlannedNode planned : plan.nodes()) {
        kernels.add(KernelCreation.create(planned, memory.bindings(planned.backend().device())));
        progress.created(kernels.size(), plan.nodes().size());
      }
      return new StepExecutor(plan, memory, kernels, capture.of(kernels));
    } catch (RuntimeException | Error e) {
      closeAll(kernels, e);
      throw e;
    }
  }

  /**
   * Runs a step and waits until it is complete.
   *
   * @param step the step
   * @param wanted asked between layers, and in a replayed step before each captured part, by the
   *     calling thread; false gives the step up
   * @param observer looks at values after every node; null for none
   * @return false if the step was given up: then nothing of it runs any more, and its results are
   *     undefined
   * @throws BackendException if a kernel fails; names backend, layer, node and op
   */
  public boolean run(StepDescription step, BooleanSupplier wanted, @Nullable AfterNode observer) {
    if (step.count(Rows.BLOCK_COPIES) > 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_STEP,
          "A step with "
              + step.count(Rows.BLOCK_COPIES)
              + " block copies; expected none, since plans of this version have no '"
              + CopyBlocks.TYPE
              + "'.");
    }
    last = NONE;
    try {
      if (graphs != null && observer == null && graphs.cover(step)) {
        return replay(graphs, step, wanted);
      }
      for (int i = 0; i < used.length; i++) {
        prepare(i, step);
      }
      for (int start = 0; start < kernels.length; start = groupEnds[start]) {
        if (isNewLayer(start) && !wanted.getAsBoolean()) {
          awaitAll();
          return false;
        }
        if (nodes[start].rows() == Rows.CONTEXT) {
          runContextPasses(start, groupEnds[start], step, observer);
        } else {
          run(start, step, observer);
        }
      }
      awaitAll();
      return true;
    } catch (RuntimeException | Error e) {
      drain(e);
      throw e;
    } finally {
      step.closeContextPass();
    }
  }

  /** A decode step: metadata is refreshed in the graphs, nothing is asked or made anew. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread runs steps, others read
  private boolean replay(DecodeGraphs captured, StepDescription step, BooleanSupplier wanted) {
    int size = captured.size(step);
    List<DecodeGraphs.Segment> segments = captured.segments();
    for (int i = 0; i < used.length; i++) {
      if (eager[i]) {
        prepare(i, step);
      }
    }
    for (int i = 0; i < segments.size(); i++) {
      CapturedGraph graph = segments.get(i).graph(size);
      if (graph != null) {
        graph.update(step);
      }
    }
    for (int i = 0; i < segments.size(); i++) {
      DecodeGraphs.Segment segment = segments.get(i);
      if (!wanted.getAsBoolean()) {
        awaitAll();
        return false;
      }
      CapturedGraph graph = segment.graph(size);
      if (graph == null) {
        for (int node : segment.nodes()) {
          run(node, step, null);
        }
      } else {
        if (last != NONE && owners[last] != owners[segment.last()]) {
          await(last);
        }
        graph.replay(queues[segment.last()]);
        last = segment.last();
      }
    }
    awaitAll();
    replays = replays + 1;
    return true;
  }

  /**
   * Returns how many steps were replayed from graphs.
   *
   * @return steps since this was made
   */
  public long replays() {
    return replays;
  }

  private boolean isNewLayer(int index) {
    return last != NONE && layers[index] != layers[last];
  }

  private void runContextPasses(
      int start, int end, StepDescription step, @Nullable AfterNode observer) {
    int passes = step.contextPasses();
    for (int pass = 0; pass < passes; pass++) {
      step.openContextPass(pass);
      for (int i = start; i < end; i++) {
        run(i, step, observer);
      }
      awaitLast(); // what is submitted may still read the pass
      step.closeContextPass();
    }
  }

  private void run(int index, StepDescription step, @Nullable AfterNode observer) {
    if (step.count(nodes[index].rows()) == 0) {
      return; // a half without tokens launches nothing
    }
    if (last != NONE && owners[last] != owners[index]) {
      await(last);
    }
    if (observer != null) {
      observer.before(nodes[index], step);
    }
    forward(index, step);
    last = index;
    if (observer != null) {
      await(index);
      observer.after(nodes[index], step, shown[index]);
      replaced[index].show(observer, step, shown[index]);
    }
  }

  private void awaitLast() {
    if (last != NONE) {
      await(last);
    }
  }

  /**
   * Waits for every backend, also for one of which no node ran: what it submitted when the step was
   * prepared may still read the step.
   */
  private void awaitAll() {
    awaitLast();
    for (int i = 0; i < used.length; i++) {
      if (last == NONE || owners[last] != i) {
        try {
          used[i].queue().record().await();
        } catch (Throwable e) {
          throw new BackendException(
              ErrorCode.FORWARD_FAILED,
              "Backend '" + usedNames[i] + "' failed at the end of a step: " + e,
              e);
        }
      }
    }
  }

  private void prepare(int backend, StepDescription step) {
    try {
      used[backend].prepare(step);
    } catch (Throwable e) {
      throw new BackendException(
          ErrorCode.FORWARD_FAILED,
          "Backend '" + usedNames[backend] + "' failed to prepare a step: " + e,
          e);
    }
  }

  private void forward(int index, StepDescription step) {
    try {
      kernels[index].forward(step, queues[index]);
    } catch (Throwable e) {
      throw failure(index, e);
    }
  }

  /** Waits for the queue of a node: a late failure is its backend's, not the next one's. */
  private void await(int index) {
    try {
      queues[index].record().await();
    } catch (Throwable e) {
      throw failure(index, e);
    }
  }

  /** After a failure the step's memory is used again, so nothing of it may still run. */
  private void drain(Throwable failure) {
    for (Backend backend : used) {
      try {
        backend.queue().record().await();
      } catch (Throwable e) {
        if (!e.equals(failure.getCause())) {
          failure.addSuppressed(e);
        }
      }
    }
  }

  /**
   * Makes sure that weights can be reloaded, before anything is changed.
   *
   * @throws BackendException if a backend with weights cannot
   */
  public void requireReloadable() {
    for (int i = 0; i < used.length; i++) {
      if (hasWeights(i) && !used[i].canReloadWeights()) {
        throw new BackendException(
            ErrorCode.RELOAD_FAILED,
            "Backend '"
                + usedNames[i]
                + "' cannot reload weights; nothing was changed. Build the engine anew.");
      }
    }
  }

  /**
   * Has every backend with weights take them again.
   *
   * @throws BackendException if one fails: then some have the new weights and some the old
   */
  public void reloadWeights() {
    for (int i = 0; i < used.length; i++) {
      try {
        if (hasWeights(i)) {
          used[i].reloadWeights();
        }
      } catch (Throwable e) {
        throw new BackendException(
            ErrorCode.RELOAD_FAILED,
            "Backend '" + usedNames[i] + "' failed to reload its weights: " + e,
            e);
      }
    }
  }

  private boolean hasWeights(int backend) {
    for (int i = 0; i < nodes.length; i++) {
      if (owners[i] == backend && !nodes[i].op().weights().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Tells who runs what.
   *
   * @param notConsulted backends that are installed but had no say
   * @return the plan as data
   */
  public Explanation explain(List<Declined> notConsulted) {
    List<String> described = new ArrayList<>();
    for (Kernel kernel : kernels) {
      described.add(kernel.describe());
    }
    return plan.explain(
        described, graphs == null ? List.of("eager") : graphs.describe(), notConsulted);
  }

  /** Closes all graphs, then all kernels. */
  @Override
  public void close() {
    try {
      if (graphs != null) {
        graphs.close();
      }
    } catch (RuntimeException | Error e) {
      closeAll(List.of(kernels), e);
      throw e;
    }
    closeAll(List.of(kernels), null);
  }

  private BackendException failure(int index, Throwable e) {
    Node node = nodes[index];
    return BackendException.inForward(names[index], node.layer(), node.op().type(), node.name(), e);
  }

  /**
   * Closes every kernel even if one fails; the first failure is thrown, or added to the one given.
   */
  private static void closeAll(List<Kernel> kernels, @Nullable Throwable cause) {
    BackendException first = null;
    for (Kernel kernel : kernels) {
      try {
        kernel.close();
      } catch (Throwable e) {
        if (cause != null) {
          cause.addSuppressed(e);
        } else if (first == null) {
          first = new BackendException(ErrorCode.CLOSE_FAILED, "A kernel failed to close: " + e, e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
