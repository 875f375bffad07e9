package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;

/** Makes the kernel of an op. */
final class Kernels {
  private Kernels() {}

  static Kernel create(Op op, Bindings bindings, PlainContext context) {
    return switch (op) {
      case AbsorbQuery it -> new AbsorbKernel(it, bindings, context);
      case Add it -> new AddKernel(it, bindings, context);
      case AddSilu it -> new AddSiluKernel(it, bindings, context);
      case ConcatAndCacheMla it -> new ConcatKernel(it, bindings, context);
      case CopyBlocks it -> new CopyBlocksKernel(it, bindings, context);
      case CopyTo it -> new CopyToKernel(it, bindings, context);
      case Embedding it -> new EmbeddingKernel(it, bindings, context);
      case FusedAddRmsNorm it -> new FusedAddNormKernel(it, bindings, context);
      case GatherCache it -> new GatherKernel(it, bindings, context);
      case GqaAttention it -> new GqaKernel(it, bindings, context);
      case Linear it -> new LinearKernel(it, bindings, context);
      case MergeAttentionStates it -> new MergeKernel(it, bindings, context);
      case MlaAttention it -> new AttentionPipeline(it, bindings, context);
      case MlaContextAttention it -> new ContextKernel(it, bindings, context);
      case MlaDecodeAttention it -> new DecodeKernel(it, bindings, context);
      case MlaPrefillAttention it -> new PrefillKernel(it, bindings, context);
      case MlaPreprocess it -> new FusedPreprocessKernel(it, bindings, context);
      case MoeGate it -> new MoeGateKernel(it, bindings, context);
      case ProjectValue it -> new ProjectValueKernel(it, bindings, context);
      case QkvAProj it -> new FusedDownKernel(it, bindings, context);
      case RmsNorm it -> new RmsNormKernel(it, bindings, context);
      case RmsNormRopeConcatAndCacheMla it -> new FusedRopeCacheKernel(it, bindings, context);
      case RopeConcatAndCacheMla it -> new FusedRopeCacheKernel(it, bindings, context);
      case RotaryEmbedding it -> new RotaryKernel(it, bindings, context);
      case RoutedExperts it -> new ExpertsKernel(it, bindings, context);
      case Sample it -> new SampleKernel(it, bindings, context);
      case SelectRows it -> new SelectRowsKernel(it, bindings, context);
      case SiluAndMul it -> new SiluKernel(it, bindings, context);
      default ->
          throw new UnsupportedOperationException("This backend has no op '" + op.type() + "'.");
    };
  }
}
