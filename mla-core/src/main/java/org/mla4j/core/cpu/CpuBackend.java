package org.mla4j.core.cpu;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.core.cpu.fused.FusedKernels;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.OrderedKernels;
import org.mla4j.core.cpu.scalar.ScalarKernels;
import org.mla4j.core.cpu.vector.VectorKernels;

/**
 * The opened {@code cpu} backend: vector kernels where there are some, scalar kernels for the rest.
 */
final class CpuBackend implements Backend {
  private static final Logger LOG = System.getLogger(CpuBackend.class.getName());

  private final CpuContext context;
  private final KernelSet kernels;
  private final Set<String> fused;

  private CpuBackend(CpuContext context, KernelSet kernels, Set<String> fused) {
    this.context = context;
    this.kernels = kernels;
    this.fused = fused;
  }

  static CpuBackend open(EngineContext engine, CpuOptions options, VectorSupport vector) {
    if (options.vector() && !vector.usable()) {
      LOG.log(
          Level.WARNING,
          "Backend ''cpu'' runs scalar kernels only, many times slower than vector kernels: {0}.",
          vector.detail());
    }
    KernelSet scalar = new ScalarKernels();
    boolean useVector = options.vector() && vector.usable();
    // Without the Vector API the class of the vector kernels must not even be loaded.
    KernelSet kernels =
        useVector ? withVectors(scalar, options.repack()) : new FusedKernels(scalar);
    return new CpuBackend(CpuContext.of(engine), kernels, options.fused().ops());
  }

  /** A vector kernel for what has one, fused ops included; else put together from the best. */
  private static KernelSet withVectors(KernelSet scalar, boolean repack) {
    KernelSet vector = new VectorKernels(repack);
    return new OrderedKernels(vector, new FusedKernels(new OrderedKernels(vector, scalar)));
  }

  @Override
  public Set<String> ops() {
    Set<String> types = new HashSet<>(Op.VOCABULARY);
    types.remove(CompositeOp.MLA_ATTENTION);
    types.removeAll(FusedOp.VOCABULARY);
    types.addAll(fused);
    return Set.copyOf(types);
  }

  /** Row-major first, for which alone there are vector kernels. */
  @Override
  public List<CacheLayout> cacheLayouts() {
    List<CacheLayout> layouts = new ArrayList<>();
    for (Arrangement arrangement : Arrangement.values()) {
      for (RopeOrder order : RopeOrder.values()) {
        layouts.add(new CacheLayout(arrangement, order, 0));
      }
    }
    return List.copyOf(layouts);
  }

  /** Every layout, whatever the size of its blocks. */
  @Override
  public boolean takesLayout(CacheLayout layout) {
    return true;
  }

  @Override
  public Set<String> features() {
    return Set.of(
        Add.FACTOR,
        Embedding.FACTOR,
        RmsNorm.HEADS,
        RmsNorm.OUTPUT_SCALE,
        RotaryEmbedding.KEY_HEADS);
  }

  @Override
  public Support supports(Op op) {
    return kernels.supports(op);
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    return kernels.create(op, bindings, context);
  }

  @Override
  public GraphSupport graphSupport() {
    return GraphSupport.DECODE;
  }

  @Override
  public Graph capture(GraphRequest request) {
    return new PreboundGraph(request, context.weights());
  }

  @Override
  public boolean canReloadWeights() {
    return true;
  }

  @Override
  public void reloadWeights() {
    context.weights().reload();
  }

  @Override
  public void close() {
    context.weights().close();
  }
}
