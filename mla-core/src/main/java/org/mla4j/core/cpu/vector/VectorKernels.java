package org.mla4j.core.cpu.vector;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.packed.HeadShape;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.PackedWeights;

/**
 * Vector kernels for the ops that take the time: products with weights and attention, and the small
 * ops between them. Any weight will do, since {@link org.mla4j.core.cpu.kernel.WeightStore} makes
 * floats of what it cannot leave in place.
 *
 * <p>One instance serves one opened backend: its kernels share scratch memory. Threading: one
 * thread, while the engine is built.
 */
public final class VectorKernels implements KernelSet {
  private @Nullable CpuContext owner;
  private @Nullable Scratch scratch;
  private @Nullable PackedWeights packed;
  private final boolean repack;

  /** Makes the set of a backend, with packed weights. */
  public VectorKernels() {
    this(true);
  }

  /**
   * Makes the set of a backend.
   *
   * @param repack whether weights are packed for speed, rather than read where they are stored
   */
  public VectorKernels(boolean repack) {
    this.repack = repack;
  }

  @Override
  public Support supports(Op op) {
    List<String> reasons = new ArrayList<>();
    switch (op) {
      case AbsorbQuery _,
          Add _,
          ConcatAndCacheMla _,
          Embedding _,
          FusedAddRmsNorm _,
          GatherCache _,
          GqaAttention _,
          Linear _,
          MergeAttentionStates _,
          MlaContextAttention _,
          MlaDecodeAttention _,
          MlaDecompressedAttention _,
          MlaPrefillAttention _,
          ProjectValue _,
          RmsNorm _,
          RotaryEmbedding _,
          RoutedExperts _,
          SiluAndMul _ ->
          requireRows(op, reasons);
      default -> reasons.add("'" + op.type() + "' has no vector kernel");
    }
    switch (op) {
      case ConcatAndCacheMla concat -> requirePlainCache(concat.cache(), reasons);
      case GatherCache gather -> requirePlainCache(gather.cache(), reasons);
      case GqaAttention attend -> requirePlainCache(attend.cache(), reasons);
      case MlaDecodeAttention decode -> requirePlainCache(decode.cache(), reasons);
      case MlaDecompressedAttention attend -> requirePlainCache(attend.cache(), reasons);
      default -> {
        // Reads and writes no cache.
      }
    }
    return Support.unless(reasons);
  }

  private static void requirePlainCache(CacheValue cache, List<String> reasons) {
    if (!cache.layout().equals(CacheLayout.ROW_MAJOR)) {
      reasons.add(
          "cache '"
              + cache.name()
              + "' lies as '"
              + cache.layout()
              + "'; expected '"
              + CacheLayout.ROW_MAJOR
              + "'");
    }
    if (cache.spec().format() != CacheSpec.Format.CELLS) {
      reasons.add(
          "cache '"
              + cache.name()
              + "' has rows of format "
              + cache.spec().format()
              + "; expected "
              + CacheSpec.Format.CELLS);
    }
  }

  private static void requireRows(Op op, List<String> reasons) {
    Stream.concat(op.reads().stream(), op.writes().stream())
        .distinct()
        .filter(StepValue.class::isInstance)
        .map(StepValue.class::cast)
        .filter(value -> !isVectorRow(value))
        .forEach(
            value -> reasons.add(value + "; expected F32 or I32 elements that lie side by side"));
  }

  private static boolean isVectorRow(StepValue value) {
    long[] strides = value.rowStrides();
    boolean sideBySide = strides.length == 0 || strides[strides.length - 1] == 1;
    return sideBySide && (value.dtype() == DType.F32 || value.dtype() == DType.I32);
  }

  @Override
  public Kernel create(Op op, Bindings bindings, CpuContext context) {
    Scratch memory = scratch(context);
    return switch (op) {
      case AbsorbQuery absorb -> absorbQuery(absorb, bindings, context, memory);
      case Add add -> new VectorAdd(add, bindings, context);
      case ConcatAndCacheMla concat -> new VectorConcatAndCache(concat, bindings, context);
      case Embedding embedding -> new VectorEmbedding(embedding, bindings, context, memory);
      case FusedAddRmsNorm fused -> new VectorAddRmsNorm(fused, bindings, context, memory);
      case GatherCache gather -> new VectorGatherCache(gather, bindings, context, memory);
      case GqaAttention attend -> new VectorGqaAttention(attend, bindings, context, memory);
      case Linear linear -> linear(linear, bindings, context, memory);
      case MergeAttentionStates merge -> new VectorMergeStates(merge, bindings, context);
      case MlaContextAttention attend ->
          new VectorContextAttention(attend, bindings, context, memory);
      case MlaDecodeAttention decode ->
          new VectorDecodeAttention(decode, bindings, context, memory);
      case MlaDecompressedAttention attend ->
          new VectorMlaDecompressedAttention(attend, bindings, context, memory);
      case MlaPrefillAttention prefill ->
          new VectorPrefillAttention(prefill, bindings, context, memory);
      case ProjectValue project -> projectValue(project, bindings, context, memory);
      case RmsNorm norm -> new VectorRmsNorm(norm, bindings, context, memory);
      case RotaryEmbedding rotary -> new VectorRotaryEmbedding(rotary, bindings, context);
      case RoutedExperts experts -> routedExperts(experts, bindings, context, memory);
      case SiluAndMul silu -> new VectorSiluAndMul(silu, bindings, context, memory);
      default ->
          throw new UnsupportedOperationException("No vector kernel for '" + op.type() + "'.");
    };
  }

  private Kernel linear(Linear op, Bindings bindings, CpuContext context, Scratch memory) {
    Optional<PackedMatrix> weight = packed == null ? Optional.empty() : packed.matrix(op.weight());
    return weight.isPresent()
        ? new PackedLinear(op, weight.get(), bindings, context, memory)
        : new VectorLinear(op, bindings, context, memory);
  }

  private Kernel routedExperts(
      RoutedExperts op, Bindings bindings, CpuContext context, Scratch memory) {
    Optional<PackedExpertWeights> weights =
        packed == null ? Optional.empty() : PackedExpertWeights.of(op, packed);
    return weights.isPresent()
        ? new PackedExperts(op, weights.get(), bindings, context, memory)
        : new VectorRoutedExperts(op, bindings, context, memory);
  }

  private Kernel absorbQuery(
      AbsorbQuery op, Bindings bindings, CpuContext context, Scratch memory) {
    Shape query = op.qNope().rowShape();
    int key = Math.toIntExact(query.extent(1));
    int latent = Math.toIntExact(op.qLatent().rowShape().extent(1));
    int heads = Math.toIntExact(query.extent(0));
    int rows = Math.toIntExact(op.kvB().shape().extent(0)) / heads;
    HeadShape shape = new HeadShape(heads, key, rows - key, latent);
    Optional<PackedMatrix> weight =
        packed == null ? Optional.empty() : packed.keys(op.kvB(), shape);
    return weight.isPresent()
        ? new PackedHeads(
            "PackedAbsorbQuery", op.qNope(), op.qLatent(), weight.get(), bindings, context, memory)
        : new VectorAbsorbQuery(op, bindings, context, memory);
  }

  private Kernel projectValue(
      ProjectValue op, Bindings bindings, CpuContext context, Scratch memory) {
    Shape out = op.out().rowShape();
    int value = Math.toIntExact(out.extent(1));
    int latent = Math.toIntExact(op.oLatent().rowShape().extent(1));
    int heads = Math.toIntExact(out.extent(0));
    int rows = Math.toIntExact(op.kvB().shape().extent(0)) / heads;
    HeadShape shape = new HeadShape(heads, rows - value, value, latent);
    Optional<PackedMatrix> weight =
        packed == null ? Optional.empty() : packed.values(op.kvB(), shape);
    return weight.isPresent()
        ? new PackedHeads(
            "PackedProjectValue", op.oLatent(), op.out(), weight.get(), bindings, context, memory)
        : new VectorProjectValue(op, bindings, context, memory);
  }

  /**
   * The scratch memory of a backend. A second backend gets its own: its kernels may run at once.
   */
  @SuppressWarnings("ReferenceEquality") // the very backend, not an equal one
  private Scratch scratch(CpuContext context) {
    if (scratch == null || owner != context) {
      owner = context;
      scratch = new Scratch(context.engine());
      if (repack) {
        packed = new PackedWeights(context.engine());
        context.weights().onReload(packed::reload);
      }
    }
    return scratch;
  }
}
