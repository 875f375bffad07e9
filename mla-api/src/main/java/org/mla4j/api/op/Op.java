package org.mla4j.api.op;

import java.util.List;
import java.util.Set;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * What a node computes: its semantics, apart from any kernel. An op is one record of named parts;
 * which kernel runs it is decided elsewhere.
 *
 * <p>Rules for all ops: arithmetic is at least binary32; a row is computed from the live rows of
 * its inputs alone; rows that are not live are neither read nor written; a step with no live rows
 * launches nothing; two parts of a call overlap only where the op says that it works in place.
 *
 * <p>Records may gain components in later levels of the SPI, each with a {@linkplain #features()
 * feature} that an older backend does not know and therefore refuses: read ops through their
 * accessors.
 */
public sealed interface Op
    permits AbsorbQuery,
        Add,
        CompositeOp,
        ConcatAndCacheMla,
        CopyBlocks,
        CopyTo,
        Embedding,
        FusedOp,
        GatherCache,
        GqaAttention,
        LayerCall,
        Linear,
        MergeAttentionStates,
        MlaContextAttention,
        MlaDecodeAttention,
        MlaDecompressedAttention,
        MlaPrefillAttention,
        MoeGate,
        ProjectValue,
        RmsNorm,
        RotaryEmbedding,
        RoutedExperts,
        Sample,
        SelectRows,
        SiluAndMul,
        VendorOp {
  /**
   * The names of all ops of this version that are not pluggable layers, as users write them in op
   * lists. Backends may have {@linkplain VendorOp ops of their own} beside these.
   */
  List<String> VOCABULARY =
      List.of(
          AbsorbQuery.TYPE,
          Add.TYPE,
          ConcatAndCacheMla.TYPE,
          CopyBlocks.TYPE,
          CopyTo.TYPE,
          Embedding.TYPE,
          FusedAddRmsNorm.TYPE,
          GatherCache.TYPE,
          GqaAttention.TYPE,
          Linear.TYPE,
          MergeAttentionStates.TYPE,
          CompositeOp.MLA_ATTENTION,
          MlaContextAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaDecompressedAttention.TYPE,
          MlaPrefillAttention.TYPE,
          MlaPreprocess.TYPE,
          MoeGate.TYPE,
          ProjectValue.TYPE,
          QkvAProj.TYPE,
          RmsNorm.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE,
          RotaryEmbedding.TYPE,
          RoutedExperts.TYPE,
          Sample.TYPE,
          SelectRows.TYPE,
          SiluAndMul.TYPE);

  /**
   * Returns the name of the kind of op.
   *
   * @return for example {@code rms_norm}
   */
  String type();

  /**
   * Returns what the op reads.
   *
   * @return values, those that it changes in place included
   */
  List<Value> reads();

  /**
   * Returns what the op writes.
   *
   * @return values, those that it changes in place included
   */
  List<Value> writes();

  /**
   * Returns the weights the op needs.
   *
   * @return handles, in no particular order
   */
  default List<WeightHandle> weights() {
    return List.of();
  }

  /**
   * Returns what this call uses beyond the first level of the SPI. A backend that does not know one
   * of them is not asked.
   *
   * @return names of features
   */
  default Set<String> features() {
    return Set.of();
  }
}
