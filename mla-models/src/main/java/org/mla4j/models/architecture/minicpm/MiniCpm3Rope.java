package org.mla4j.models.architecture.minicpm;

import java.util.List;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeScaling.LongRope;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.models.architecture.decoder.RopeFields;
import org.mla4j.models.checkpoint.ModelConfig;

/** The rope of a MiniCPM3 configuration: pairs of halves, as they are or by LongRoPE. */
final class MiniCpm3Rope {
  private static final String ORIGINAL = "original_max_position_embeddings";

  private MiniCpm3Rope() {}

  static RopeSpec read(ModelConfig config, int maxPositions) {
    int dim = config.positiveInt("qk_rope_head_dim");
    RopeFields fields = RopeFields.read(config);
    RopeScaling scaling =
        fields.type("longrope").equals("longrope")
            ? longRope(fields.section().orElseThrow(), dim, maxPositions)
            : new RopeScaling.None();
    return new RopeSpec(dim, fields.theta(), RopeStyle.NEOX, scaling, maxPositions);
  }

  private static LongRope longRope(ModelConfig section, int dim, int maxPositions) {
    // Other families' variants of LongRoPE: left out they would be computed wrongly.
    for (String field : new String[] {"short_mscale", "long_mscale"}) {
      if (section.has(field)) {
        throw section.refused(field, "given", "no such field; attention_factor says it");
      }
    }
    int original = section.positiveInt(ORIGINAL);
    double scale = (double) maxPositions / original;
    if (section.optionalDouble("factor").orElse(scale) != scale) {
      throw section.refused(
          "factor",
          Double.toString(section.doubleField("factor")),
          "max_position_embeddings / " + ORIGINAL + " = " + scale + ", or no such field");
    }
    return new LongRope(
        factors(section, "short_factor", dim),
        factors(section, "long_factor", dim),
        original,
        section
            .optionalDouble("attention_factor")
            .orElse(LongRope.attentionFactor(maxPositions, original)));
  }

  private static List<Double> factors(ModelConfig section, String field, int dim) {
    List<Double> factors = section.doubles(field);
    if (factors.size() != dim / 2) {
      throw section.refused(
          field,
          factors.size() + " numbers",
          dim / 2 + ", one for each pair of qk_rope_head_dim = " + dim);
    }
    return factors;
  }
}
