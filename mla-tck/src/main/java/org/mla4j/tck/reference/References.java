package org.mla4j.tck.reference;

import org.mla4j.api.layer.FusedMoe;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
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

/** The meaning of every op and layer. */
public final class References {
  private References() {}

  /**
   * Computes an op. All that it reads and writes must be bound, for a fused op all that its parts
   * read and write.
   *
   * @param op any op of the vocabulary, a vendor's own, or a layer
   * @param memory takes the results
   * @throws IllegalArgumentException if the layer or composite op has no reference here
   */
  public static void run(Op op, StepMemory memory) {
    switch (op) {
      case AbsorbQuery absorb -> HeadReference.absorb(absorb, memory);
      case Add add -> RowReference.add(add, memory);
      case ConcatAndCacheMla concat -> CacheReference.concat(concat, memory);
      case CopyBlocks copy -> CacheReference.copyBlocks(copy, memory);
      case CopyTo copy -> RowReference.copy(copy, memory);
      case Embedding embedding -> RowReference.embedding(embedding, memory);
      case FusedOp fused -> fused.parts().forEach(part -> run(part, memory));
      case GatherCache gather -> CacheReference.gather(gather, memory);
      case GqaAttention attend -> GqaReference.attend(attend, memory);
      case Linear linear -> RowReference.linear(linear, memory);
      case MergeAttentionStates merge -> MergeReference.merge(merge, memory);
      case MlaContextAttention attend -> AttentionReference.context(attend, memory);
      case MlaDecodeAttention attend -> AttentionReference.decode(attend, memory);
      case MlaDecompressedAttention attend -> DecompressedReference.attend(attend, memory);
      case MlaPrefillAttention attend -> AttentionReference.prefill(attend, memory);
      case MoeGate gate -> MoeReference.gate(gate, memory);
      case ProjectValue project -> HeadReference.project(project, memory);
      case RmsNorm norm -> RowReference.norm(norm, memory);
      case RotaryEmbedding rotary -> RowReference.rotate(rotary, memory);
      case RoutedExperts experts -> MoeReference.experts(experts, memory);
      case Sample sample -> SampleReference.sample(sample, memory);
      case SelectRows select -> RowReference.select(select, memory);
      case SiluAndMul silu -> RowReference.silu(silu, memory);
      case VendorOp own -> own.reference(memory);
      case LayerCall layer -> layer(layer, memory);
      case CompositeOp composite -> composite(composite, memory);
    }
  }

  private static void layer(LayerCall layer, StepMemory memory) {
    switch (layer) {
      case MultiHeadLatentAttention.Call mla -> MlaReference.layer(mla, memory);
      case FusedMoe.Call moe -> MoeReference.layer(moe, memory);
      case GroupedQueryAttention.Call gqa -> GqaReference.layer(gqa, memory);
      default -> throw unknown(layer);
    }
  }

  private static void composite(CompositeOp composite, StepMemory memory) {
    if (!(composite instanceof MlaAttention attention)) {
      throw unknown(composite);
    }
    MlaReference.attention(attention, memory);
  }

  private static IllegalArgumentException unknown(Op op) {
    return new IllegalArgumentException(
        "No reference of '" + op.type() + "' (" + op.getClass().getName() + ").");
  }
}
