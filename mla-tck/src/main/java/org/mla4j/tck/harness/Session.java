package org.mla4j.tck.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.ExecutionMode;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/** An opened backend in an engine of its own. */
public final class Session implements AutoCloseable {
  /** Threads of an engine unless a case says otherwise. */
  private static final int THREADS = 3;

  private final KitEngine engine;
  private final Backend backend;
  private final Optional<DeviceMirror> mirror;
  private final List<Kernel> kernels = new ArrayList<>();

  private Session(KitEngine engine, Backend backend) {
    this.engine = engine;
    this.backend = backend;
    this.mirror = backend.memory().map(DeviceMirror::new);
  }

  /** Opens the backend; skips if it cannot be used here. */
  public static Session open(Subject subject, StepLimits limits) {
    return open(subject, limits, THREADS, false, ExecutionMode.EAGER);
  }

  /** Opens the backend in an engine of so many threads. */
  public static Session open(Subject subject, StepLimits limits, int threads) {
    return open(subject, limits, threads, false, ExecutionMode.EAGER);
  }

  /** Opens the backend in a deterministic engine. */
  public static Session deterministic(Subject subject, StepLimits limits) {
    return open(subject, limits, THREADS, true, ExecutionMode.EAGER);
  }

  /** Opens the backend in an engine that replays graphs. */
  public static Session graph(Subject subject, StepLimits limits) {
    return open(subject, limits, THREADS, false, ExecutionMode.GRAPH);
  }

  private static Session open(
      Subject subject,
      StepLimits limits,
      int threads,
      boolean deterministic,
      ExecutionMode execution) {
    available(subject);
    KitEngine engine = new KitEngine(limits, subject.options(), threads, deterministic, execution);
    Backend backend;
    try {
      backend = subject.provider().open(engine);
      Failure.unless(backend != null, () -> "open returned null; expected a backend");
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
    return new Session(engine, backend);
  }

  /** Skips if the backend cannot be used here. */
  public static Probe.Available available(Subject subject) {
    Probe probe = subject.provider().probe();
    if (probe instanceof Probe.Unavailable(String reason)) {
      throw new Skipped("backend is not available: " + reason);
    }
    return (Probe.Available) probe;
  }

  public KitEngine engine() {
    return engine;
  }

  public Backend backend() {
    return backend;
  }

  /** The first layout it offers that can hold a cache; skips if there is none. */
  public CacheLayout layout(CacheSpec spec) {
    List<String> problems = new ArrayList<>();
    for (CacheLayout layout : backend.cacheLayouts()) {
      String problem = layout.problem(spec, engine.limits().blockSize());
      if (problem.isEmpty()) {
        return layout;
      }
      problems.add(problem);
    }
    throw new Skipped("no cache layout of it can hold " + spec + ": " + problems);
  }

  /** A cache in the first layout that can hold it. */
  public CacheValue cache(String name, CacheSpec spec) {
    return new CacheValue(name, "layer", spec, layout(spec));
  }

  /** Skips if the backend would not be asked for an op, or declines it. */
  public void require(Op op) {
    declined(op)
        .ifPresent(reason -> {
          throw new Skipped(reason);
        });
  }

  /** Why the backend does not run an op; empty if it does. */
  public Optional<String> declined(Op op) {
    boolean layer = op instanceof LayerCall;
    Set<String> types = layer ? backend.layers() : backend.ops();
    if (!types.contains(op.type())) {
      return Optional.of("does not offer the " + (layer ? "layer '" : "op '") + op.type() + "'");
    }
    for (String feature : new java.util.TreeSet<>(op.features())) {
      if (!backend.features().contains(feature)) {
        return Optional.of(op.type() + ": does not know the feature '" + feature + "'");
      }
    }
    for (Value value : op.reads()) {
      if (value instanceof CacheValue cache && !backend.takesLayout(cache.layout())) {
        return Optional.of(op.type() + ": does not offer the cache layout " + cache.layout());
      }
    }
    return backend.supports(op) instanceof Support.No(List<String> reasons)
        ? Optional.of(op.type() + ": " + String.join("; ", reasons))
        : Optional.empty();
  }

  /** Creates a kernel; skips if the backend declines. It is closed with this. */
  public Kernel create(Op op, Bench bench) {
    require(op);
    Kernel kernel =
        op instanceof LayerCall layer
            ? layer(layer, bench)
            : backend.create(op, bindings(bench, op));
    Failure.unless(
        kernel != null, () -> "create of " + op.type() + " returned null; expected a kernel");
    kernels.add(kernel);
    return kernel;
  }

  /** What ops may ask for, where the backend's kernels expect it. */
  public Bindings bindings(Bench bench, Op... ops) {
    return bindingsWithout(Set.of(), bench, ops);
  }

  /** The same, with some buffers on the host whatever the device. */
  public Bindings bindingsWithout(Set<StepValue> onHost, Bench bench, Op... ops) {
    Bindings host = bench.bindings(ops);
    return mirror.map(device -> device.bindings(host, onHost)).orElse(host);
  }

  private PluggableLayer layer(LayerCall call, Bench bench) {
    return backend.createLayer(call, bindings(bench, call));
  }

  /** Keeps a kernel to be closed with this. */
  public Kernel keep(Kernel kernel) {
    kernels.add(kernel);
    return kernel;
  }

  /** Runs one step of one kernel and waits for it. */
  public void forward(StepDescription step, Kernel... of) {
    backend.prepare(step);
    launch(step, of);
  }

  /** Runs kernels in a step that is prepared already, and waits for them. */
  public void launch(StepDescription step, Kernel... of) {
    submit(() -> {
      for (Kernel kernel : of) {
        kernel.forward(step, backend.queue());
      }
    });
  }

  /** Submits work on what benches hold, and waits for it. */
  public void submit(Runnable work) {
    upload();
    work.run();
    backend.queue().record().await();
    mirror.ifPresent(DeviceMirror::download);
  }

  /** Brings the device, if there is one, up to what benches hold. */
  public void upload() {
    mirror.ifPresent(DeviceMirror::upload);
  }

  @Override
  public void close() {
    try {
      for (Kernel kernel : kernels.reversed()) {
        kernel.close();
      }
      backend.close();
    } finally {
      engine.close();
    }
  }
}
