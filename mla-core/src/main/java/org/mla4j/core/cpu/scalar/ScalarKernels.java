package org.mla4j.core.cpu.scalar;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.op.VendorOp;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * A scalar kernel for every op that is not made of others. What it declines, the {@code cpu}
 * backend cannot run at all.
 */
public final class ScalarKernels implements KernelSet {
  /** Makes the set; it keeps no state. */
  public ScalarKernels() {}

  @Override
  public Support supports(Op op) {
    return OpChecks.check(op);
  }

  @Override
  public Kernel create(Op op, Bindings bindings, CpuContext context) {
    return switch (op) {
      case AbsorbQuery absorb -> new ScalarAbsorbQuery(absorb, bindings, context);
      case Add add -> new ScalarAdd(add, bindings, context);
      case ConcatAndCacheMla concat -> new ScalarConcatAndCache(concat, bindings, context);
      case CopyBlocks copy -> new ScalarCopyBlocks(copy, bindings, context);
      case CopyTo copy -> new ScalarCopyTo(copy, bindings, context);
      case Embedding embedding -> new ScalarEmbedding(embedding, bindings, context);
      case GatherCache gather -> new ScalarGatherCache(gather, bindings, context);
      case GqaAttention attend -> new ScalarGqaAttention(attend, bindings, context);
      case Linear linear -> new ScalarLinear(linear, bindings, context);
      case MergeAttentionStates merge -> new ScalarMergeStates(merge, bindings, context);
      case MlaContextAttention attend -> new ScalarContextAttention(attend, bindings, context);
      case MlaDecodeAttention decode -> new ScalarDecodeAttention(decode, bindings, context);
      case MlaDecompressedAttention attend ->
          new ScalarMlaDecompressedAttention(attend, bindings, context);
      case MlaPrefillAttention prefill -> new ScalarPrefillAttention(prefill, bindings, context);
      case MoeGate gate -> new ScalarMoeGate(gate, bindings, context);
      case ProjectValue project -> new ScalarProjectValue(project, bindings, context);
      case RmsNorm norm -> new ScalarRmsNorm(norm, bindings, context);
      case RotaryEmbedding rotary -> new ScalarRotaryEmbedding(rotary, bindings, context);
      case RoutedExperts experts -> new ScalarRoutedExperts(experts, bindings, context);
      case Sample sample -> new ScalarSample(sample, bindings, context);
      case SelectRows select -> new ScalarSelectRows(select, bindings, context);
      case SiluAndMul silu -> new ScalarSiluAndMul(silu, bindings, context);
      case CompositeOp _, VendorOp _, FusedOp _ ->
          throw new UnsupportedOperationException("No kernel for '" + op.type() + "'.");
      case LayerCall layer ->
          throw new UnsupportedOperationException(
              "No kernel for the whole layer '" + layer.layer() + "'.");
    };
  }
}
