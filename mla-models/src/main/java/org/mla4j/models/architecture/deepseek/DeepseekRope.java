package org.mla4j.models.architecture.deepseek;

import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.models.architecture.decoder.RopeFields;
import org.mla4j.models.checkpoint.ModelConfig;

/** Rope and soft-max scale of a DeepSeek configuration. */
record DeepseekRope(RopeSpec rope, SoftmaxScale softmaxScale) {
  static DeepseekRope read(ModelConfig config, int dim, int maxPositions) {
    RopeFields fields = RopeFields.read(config);
    RopeScaling scaling =
        fields.type("yarn").equals("yarn")
            ? RopeFields.yarn(fields.section().orElseThrow())
            : new RopeScaling.None();
    SoftmaxScale scale =
        scaling instanceof RopeScaling.Yarn yarn
            ? new SoftmaxScale.YarnMscale(yarn.factor(), yarn.mscaleAllDim())
            : new SoftmaxScale.HeadWidth();
    RopeStyle style =
        config.booleanField("rope_interleave", true) ? RopeStyle.INTERLEAVED : RopeStyle.NEOX;
    return new DeepseekRope(new RopeSpec(dim, fields.theta(), style, scaling, maxPositions), scale);
  }
}
