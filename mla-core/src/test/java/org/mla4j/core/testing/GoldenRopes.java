package org.mla4j.core.testing;

import java.util.Arrays;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import tools.jackson.databind.JsonNode;

/** The ropes of {@code ops.json}. */
public final class GoldenRopes {
  private GoldenRopes() {}

  /** The rope that a case of {@code rope_tables} describes, with room for some positions. */
  public static RopeSpec spec(JsonNode table, RopeStyle style, int positions) {
    JsonNode scaling = table.get("rope_scaling");
    return new RopeSpec(
        table.get("dim").asInt(),
        table.get("rope_theta").asDouble(),
        style,
        scaling.isNull()
            ? new RopeScaling.None()
            : new RopeScaling.Yarn(
                scaling.get("factor").asDouble(),
                scaling.get("original_max_position_embeddings").asInt(),
                scaling.get("beta_fast").asDouble(),
                scaling.get("beta_slow").asDouble(),
                scaling.get("mscale").asDouble(),
                scaling.get("mscale_all_dim").asDouble()),
        positions);
  }

  /** The case of {@code rope_tables} of some name. */
  public static JsonNode table(GoldenFile golden, String name) {
    return golden.cases("rope_tables").stream()
        .filter(table -> table.get("name").asString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Cos and sin of the reference's own frequencies at some positions, in rows up to the largest of
   * them; all other rows are NaN. One unit in the last place of a frequency matters at large
   * positions, so applying a rope is tested with these.
   */
  public static float[] rows(GoldenFile golden, JsonNode table, int[] positions, int rowCount) {
    float[] frequencies = golden.floats(table, "inv_freq");
    float factor = (float) table.get("attention_factor_on_cos_sin").asDouble();
    int half = frequencies.length;
    float[] rows = new float[rowCount * 2 * half];
    Arrays.fill(rows, Float.NaN);
    for (int position : positions) {
      for (int i = 0; i < half; i++) {
        float angle = position * frequencies[i];
        rows[position * 2 * half + i] = (float) Math.cos(angle) * factor;
        rows[position * 2 * half + half + i] = (float) Math.sin(angle) * factor;
      }
    }
    return rows;
  }
}
