package org.mla4j.models.oracle;

import tools.jackson.databind.JsonNode;

/** Rotary positions, plain or by YaRN. */
final class NaiveRope {
  private final int dim;
  private final double theta;
  private final boolean interleaved;
  private final JsonNode scaling;

  NaiveRope(JsonNode config) {
    // The newer style keeps theta and scaling in one section.
    JsonNode newer = config.path("rope_parameters");
    dim = config.get("qk_rope_head_dim").asInt();
    theta = (newer.has("rope_theta") ? newer : config).get("rope_theta").asDouble();
    interleaved = config.path("rope_interleave").asBoolean(true);
    scaling = newer.isObject() ? newer : config.path("rope_scaling");
  }

  /** Turns the pairs of a rotary part in place. */
  void rotate(double[] values, int start, int position) {
    double factor = isYarn() ? mscale("mscale", 1) / mscale("mscale_all_dim", 0) : 1;
    for (int pair = 0; pair < dim / 2; pair++) {
      int first = start + (interleaved ? 2 * pair : pair);
      int second = first + (interleaved ? 1 : dim / 2);
      double angle = position * frequency(pair);
      double a = values[first];
      double b = values[second];
      values[first] = factor * (a * Math.cos(angle) - b * Math.sin(angle));
      values[second] = factor * (b * Math.cos(angle) + a * Math.sin(angle));
    }
  }

  /** What the scaling multiplies attention scores by. */
  double scoreFactor() {
    return isYarn() ? Math.pow(mscale("mscale_all_dim", 0), 2) : 1;
  }

  private boolean isYarn() {
    return scaling.path("type").asString("").equals("yarn")
        || scaling.path("rope_type").asString("").equals("yarn");
  }

  private double frequency(int pair) {
    double kept = Math.pow(theta, -2.0 * pair / dim);
    if (!isYarn()) {
      return kept;
    }
    double first = Math.max(Math.floor(pairOfTurns(scaling.path("beta_fast").asDouble(32))), 0);
    double last = Math.min(Math.ceil(pairOfTurns(scaling.path("beta_slow").asDouble(1))), dim - 1);
    double width = first == last ? 0.001 : last - first;
    double stretched = Math.min(Math.max((pair - first) / width, 0), 1);
    return kept * (1 - stretched) + kept / factor() * stretched;
  }

  /** The pair (not a whole one) that turns so often within the original context. */
  private double pairOfTurns(double turns) {
    double context = scaling.get("original_max_position_embeddings").asDouble();
    return dim / 2.0 * Math.log(context / (2 * Math.PI * turns)) / Math.log(theta);
  }

  private double mscale(String field, double absent) {
    double a = scaling.path(field).asDouble(absent);
    return factor() <= 1 ? 1 : 1 + 0.1 * a * Math.log(factor());
  }

  private double factor() {
    return scaling.get("factor").asDouble();
  }
}
