package org.mla4j.api.layer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * The attention of an MLA layer as one op, for decode and prefill tokens alike, from a stage of its
 * inputs to a form of its output. Defined by the separate ops of the {@linkplain
 * MultiHeadLatentAttention default forward} between the two, one after another; the edge cases of
 * that page hold.
 *
 * <p>Inputs that are rotated in place by those ops may be left rotated or not: nobody reads them
 * after this op.
 *
 * @param layer name of the layer
 * @param spec dimensions and rules
 * @param weightsByRole the weights of the whole layer; only those between the two stages are used
 * @param ropeTable cos and sin, {@code [positions, R]}; null without rope
 * @param form where it begins and ends
 * @param query F32; by stage: hidden states {@code [T, H]}; query latent {@code [T, Lq]}, or
 *     queries {@code [T, N, P + R]} without a query LoRA; queries; rotated queries; absorbed
 *     queries {@code [T, N, L]}
 * @param queryRope F32 {@code [T, N, R]}, the rotated part that goes with absorbed queries; null
 *     for other stages and when R = 0
 * @param kvC F32 {@code [T, L]}, latent; null for hidden states and absorbed queries
 * @param kPe F32 {@code [T, R]}, key; null as {@code kvC}, and when R = 0
 * @param cache read, and written by stages before {@link InputStage#ROPED}
 * @param out F32; by form: {@code [T, N, L]}, {@code [T, N, V]}, {@code [T, H]}
 */
public record MlaAttention(
    String layer,
    MlaSpec spec,
    MlaWeights weightsByRole,
    @Nullable WeightHandle ropeTable,
    AttentionForm form,
    StepValue query,
    @Nullable StepValue queryRope,
    @Nullable StepValue kvC,
    @Nullable StepValue kPe,
    CacheValue cache,
    StepValue out)
    implements CompositeOp {
  /** The name of this op. */
  public static final String TYPE = CompositeOp.MLA_ATTENTION;

  /**
   * Checks that the parts are those of the form.
   *
   * @throws InvalidInputException if one is missing, not expected, or of another width
   * @throws org.mla4j.api.error.ModelException if a weight has another shape than the spec demands
   */
  public MlaAttention {
    weightsByRole.check(layer, spec);
    boolean separate = form.takes() != InputStage.HIDDEN && form.takes() != InputStage.ABSORBED;
    boolean rope = spec.qkRopeHeadDim() > 0;
    present(layer, form, "kvC", kvC, separate);
    present(layer, form, "kPe", kPe, separate && rope);
    present(layer, form, "queryRope", queryRope, form.takes() == InputStage.ABSORBED && rope);
    int heads = spec.numHeads();
    width(layer, form, "query", query, queryWidth(spec, form.takes()));
    width(
        layer,
        form,
        "out",
        out,
        switch (form.returns()) {
          case LATENT -> heads * spec.kvLoraRank();
          case HEADS -> heads * spec.vHeadDim();
          case HIDDEN -> spec.hiddenSize();
        });
  }

  private static int queryWidth(MlaSpec spec, InputStage stage) {
    return switch (stage) {
      case HIDDEN -> spec.hiddenSize();
      case LATENTS -> spec.hasQLora() ? spec.qLoraRank() : spec.numHeads() * spec.qkHeadDim();
      case NORMED, ROPED -> spec.numHeads() * spec.qkHeadDim();
      case ABSORBED -> spec.numHeads() * spec.kvLoraRank();
    };
  }

  private static void present(
      String layer, AttentionForm form, String part, @Nullable StepValue value, boolean expected) {
    if ((value != null) != expected) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          layer
              + ": attention of form '"
              + form
              + "': "
              + part
              + " is "
              + (value == null ? "missing" : "given")
              + "; expected it to be "
              + (expected ? "given" : "absent")
              + ".");
    }
  }

  private static void width(
      String layer, AttentionForm form, String part, StepValue value, int expected) {
    if (value.rowWidth() != expected) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          layer
              + ": attention of form '"
              + form
              + "': "
              + part
              + " is "
              + value
              + "; expected rows of "
              + expected
              + " elements.");
    }
  }

  @Override
  public String type() {
    return TYPE;
  }

  /**
   * Tells whether this op writes the new tokens to the cache.
   *
   * @return true for stages before {@link InputStage#ROPED}
   */
  public boolean writesCache() {
    return form.takes().compareTo(InputStage.ROPED) < 0;
  }

  @Override
  public List<Value> reads() {
    List<Value> reads = new ArrayList<>();
    reads.add(query);
    addIfGiven(queryRope, reads);
    addIfGiven(kvC, reads);
    addIfGiven(kPe, reads);
    reads.addAll(
        List.of(cache, InputValue.POSITIONS, InputValue.BLOCK_TABLES, InputValue.QUERY_START));
    if (writesCache()) {
      reads.add(InputValue.SLOT_MAPPING);
    }
    return List.copyOf(reads);
  }

  @Override
  public List<Value> writes() {
    List<Value> writes = new ArrayList<>();
    if (writesCache()) {
      writes.add(cache);
      if (form.takes() != InputStage.HIDDEN) {
        writes.add(query);
        addIfGiven(kPe, writes);
      }
    }
    writes.add(out);
    return List.copyOf(writes);
  }

  /** Of the features of the layer those that this part of it has to do with. */
  @Override
  public Set<String> features() {
    Set<String> features = new LinkedHashSet<>(weightsByRole.features(spec));
    boolean fromLatents = form.takes().compareTo(InputStage.LATENTS) <= 0;
    if (!fromLatents) {
      features.remove(MultiHeadLatentAttention.LATENT_SCALE);
    }
    if (!fromLatents && form.returns() != AttentionForm.OutputForm.HIDDEN) {
      features.remove(MultiHeadLatentAttention.PROJECTION_BIAS);
    }
    return features;
  }

  private static void addIfGiven(@Nullable StepValue value, List<Value> values) {
    if (value != null) {
      values.add(value);
    }
  }

  @Override
  public List<WeightHandle> weights() {
    List<WeightHandle> handles = new ArrayList<>(weightsByRole.handles());
    if (ropeTable != null) {
      handles.add(ropeTable);
    }
    return List.copyOf(handles);
  }
}
