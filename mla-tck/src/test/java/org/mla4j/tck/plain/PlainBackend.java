package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Graph;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.backend.GraphRequest;
import org.mla4j.api.backend.GraphSupport;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.backend.Support;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.step.StepDescription;

/** The opened plain backend. */
final class PlainBackend implements Backend {
  private final PlainOptions options;
  private final PlainContext context;
  private final Map<Kernel, List<GraphArgument>> addresses = new IdentityHashMap<>();
  private final Set<Op> asked = Collections.newSetFromMap(new IdentityHashMap<>());
  private int offers;
  private boolean closed;

  PlainBackend(PlainOptions options, Mistakes mistakes, EngineContext engine, AtomicInteger open) {
    this.options = options;
    this.context =
        new PlainContext(
            engine, new PlainWeights(engine, mistakes), mistakes, open, new AtomicBoolean());
  }

  @Override
  public Set<String> ops() {
    Set<String> types = new HashSet<>(Op.VOCABULARY);
    types.add(AddSilu.TYPE);
    types.remove(MlaDecompressedAttention.TYPE); // it takes no layer that needs it
    FusedOp.VOCABULARY.stream()
        .filter(type -> !options.fused().contains(type))
        .forEach(types::remove);
    if (options.forms().isEmpty()) {
      types.remove(CompositeOp.MLA_ATTENTION);
    }
    if (context.wrong(Mistake.OFFER_CHANGES) && offers++ > 0) {
      types.remove(CopyTo.TYPE);
    }
    if (context.wrong(Mistake.OP_OF_NO_VOCABULARY)) {
      types.add("mega_attention");
    }
    return Set.copyOf(types);
  }

  @Override
  public List<AttentionForm> attentionForms() {
    return options.forms();
  }

  @Override
  public List<CacheLayout> cacheLayouts() {
    return options.layouts();
  }

  /** All of them, whatever it was told to ask for. */
  @Override
  public boolean takesLayout(CacheLayout layout) {
    return true;
  }

  @Override
  public Set<String> layers() {
    return options.wholeLayer() ? Set.of(MultiHeadLatentAttention.TYPE) : Set.of();
  }

  @Override
  public Set<String> features() {
    return Reasons.FEATURES;
  }

  @Override
  public Support supports(Op op) {
    if (context.wrong(Mistake.SUPPORTS_THROWS) && Reasons.hasOddHeads(op)) {
      throw new IllegalStateException("an odd number of heads");
    }
    if (context.wrong(Mistake.ANSWER_CHANGES) && !asked.add(op)) {
      return Support.no("asked before");
    }
    return Support.unless(Reasons.against(op, options, context.engine().limits()));
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    if (context.wrong(Mistake.ACCEPTED_THEN_FAILS) && Reasons.hasOddHeads(op)) {
      throw new InvalidInputException(ErrorCode.INVALID_PLAN, "An odd number of heads.");
    }
    return remembered(Kernels.create(op, bindings, context), op, bindings);
  }

  @Override
  public PluggableLayer createLayer(LayerCall call, Bindings bindings) {
    return remembered(
        new WholeLayer((MultiHeadLatentAttention.Call) call, bindings, context), call, bindings);
  }

  private <K extends Kernel> K remembered(K kernel, Op op, Bindings bindings) {
    addresses.put(kernel, GraphAddresses.of(op, bindings));
    return kernel;
  }

  @Override
  public void prepare(StepDescription step) {
    context.prepared().set(true);
  }

  @Override
  public GraphSupport graphSupport() {
    return options.graphs() ? GraphSupport.DECODE : GraphSupport.NEVER;
  }

  @Override
  public Graph capture(GraphRequest request) {
    List<GraphArgument> arguments = new ArrayList<>();
    for (Kernel kernel : request.kernels()) {
      arguments.addAll(addresses.getOrDefault(kernel, List.of()));
    }
    return new PlainGraph(request, arguments, context);
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
    if (closed && context.wrong(Mistake.CLOSE_TWICE_THROWS)) {
      throw new IllegalStateException("closed twice");
    }
    if (context.wrong(Mistake.CLOSE_UNUSED_THROWS) && addresses.isEmpty()) {
      throw new IllegalStateException("not used");
    }
    if (!closed) {
      context.open().decrementAndGet();
    }
    closed = true;
  }
}
