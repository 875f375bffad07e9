package org.mla4j.models.architecture.dense;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.spec.GqaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.tensor.DType;
import org.mla4j.models.architecture.decoder.DecoderConfig;
import org.mla4j.models.architecture.decoder.RopeFields;
import org.mla4j.models.checkpoint.ModelConfig;

/** What the configuration of a dense decoder says, in our terms. */
final class DenseConfig {
  private static final String HEADS = "num_attention_heads";
  private static final String KEY_HEADS = "num_key_value_heads";
  private static final String HEAD_DIM = "head_dim";

  private final ModelConfig config;

  private DenseConfig(ModelConfig config) {
    this.config = config;
  }

  /** Reads a configuration of a generation whose heads are normed, or not. */
  static DenseLayers read(ModelConfig config, boolean headNorms) {
    DecoderConfig decoder = DecoderConfig.read(config);
    return new DenseLayers(decoder, new DenseConfig(config).attention(decoder, headNorms));
  }

  private GqaSpec attention(DecoderConfig decoder, boolean headNorms) {
    int heads = config.positiveInt(HEADS);
    int keyHeads = config.has(KEY_HEADS) ? config.positiveInt(KEY_HEADS) : heads;
    if (heads % keyHeads != 0) {
      throw config.refused(
          KEY_HEADS, Integer.toString(keyHeads), "a divisor of " + HEADS + " = " + heads);
    }
    // The reference's default for the generation with head norms is that of one model.
    int headDim =
        headNorms || config.has(HEAD_DIM)
            ? config.positiveInt(HEAD_DIM)
            : sharedOut(decoder.hiddenSize(), heads);
    if (headDim % 2 != 0) {
      throw config.refused(
          HEAD_DIM, Integer.toString(headDim), "an even number, since elements turn in pairs");
    }
    @Nullable NormSpec headNorm = headNorms ? decoder.norm() : null;
    return new GqaSpec(
        decoder.hiddenSize(),
        heads,
        keyHeads,
        headDim,
        headNorm,
        headNorm,
        rope(headDim, decoder.maxPositions()),
        new SoftmaxScale.HeadWidth(),
        DType.F32,
        1);
  }

  private int sharedOut(int hiddenSize, int heads) {
    if (hiddenSize % heads != 0) {
      throw config.refused(
          HEADS,
          Integer.toString(heads),
          "a divisor of hidden_size = " + hiddenSize + ", or a field " + HEAD_DIM);
    }
    return hiddenSize / heads;
  }

  private RopeSpec rope(int headDim, int maxPositions) {
    RopeFields fields = RopeFields.read(config);
    RopeScaling scaling =
        fields.type("yarn").equals("yarn")
            ? yarn(fields.section().orElseThrow())
            : new RopeScaling.None();
    return new RopeSpec(headDim, fields.theta(), RopeStyle.NEOX, scaling, maxPositions);
  }

  /**
   * YaRN as its paper has it: cos and sin times {@code 0.1 ln(factor) + 1}, and scores by no factor
   * of their own. The fields in which DeepSeek says otherwise are not understood here.
   */
  private static RopeScaling.Yarn yarn(ModelConfig section) {
    for (String field : new String[] {"mscale", "mscale_all_dim"}) {
      if (section.has(field)) {
        throw section.refused(field, "given", "no such field: cos and sin are scaled by factor");
      }
    }
    return RopeFields.yarn(section);
  }
}
