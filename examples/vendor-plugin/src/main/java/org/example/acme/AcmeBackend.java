package org.example.acme;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/** One fused op: rope and cache write in one pass over the tokens. The engine runs all else. */
final class AcmeBackend implements Backend {
  private final EngineContext context;
  private final Map<WeightHandle, Tensor> tables = new IdentityHashMap<>();

  AcmeBackend(EngineContext context) {
    this.context = context;
  }

  @Override
  public Set<String> ops() {
    return Set.of(RopeConcatAndCacheMla.TYPE);
  }

  /** Says no with everything that is in the way, in words and numbers. */
  @Override
  public Support supports(Op op) {
    RopeConcatAndCacheMla fused = (RopeConcatAndCacheMla) op;
    CacheValue cache = fused.concat().cache();
    DType dtype = cache.spec().dtype();
    int rope = fused.rope().k().rowWidth();
    List<String> reasons = new ArrayList<>();
    if (dtype != DType.F32 && dtype != DType.BF16) {
      reasons.add("cache cells of type " + dtype + "; F32 and BF16 are supported");
    }
    if (!cache.layout().equals(CacheLayout.ROW_MAJOR)) {
      reasons.add("cache layout " + cache.layout() + "; rows are supported");
    }
    if (rope % 2 != 0) {
      reasons.add("rotary width " + rope + "; even widths are supported");
    }
    for (StepValue value : List.of(fused.rope().q(), fused.rope().k(), fused.concat().kvC())) {
      if (value.dtype() != DType.F32) {
        reasons.add("'" + value.name() + "' of type " + value.dtype() + "; F32 is supported");
      }
    }
    return Support.unless(reasons);
  }

  @Override
  public Kernel create(Op op, Bindings bindings) {
    RopeConcatAndCacheMla fused = (RopeConcatAndCacheMla) op;
    return new RopeAndCache(
        fused, bindings, tables.computeIfAbsent(fused.rope().table(), this::read));
  }

  /** Layers with one rope share its table. */
  private Tensor read(WeightHandle table) {
    Tensor copy =
        Tensor.dense(
            DType.F32, table.shape(), context.allocate("rope table", 4 * table.shape().elements()));
    table.materialise(copy);
    return copy;
  }

  @Override
  public boolean canReloadWeights() {
    return true;
  }

  @Override
  public void reloadWeights() {
    tables.forEach(WeightHandle::materialise);
  }

  @Override
  public void close() {
    tables.clear();
  }
}
