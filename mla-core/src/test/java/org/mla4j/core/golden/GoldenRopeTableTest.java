package org.mla4j.core.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.spec.SoftmaxScale;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.RopeTable;
import org.mla4j.core.testing.GoldenFile;
import org.mla4j.core.testing.GoldenRopes;
import tools.jackson.databind.JsonNode;

@DisplayName("Rope tables against reference outputs")
class GoldenRopeTableTest {
  private static final GoldenFile GOLDEN = GoldenFile.ops();

  /** Positions up to which a frequency off by one unit in the last place does not show. */
  private static final int SMALL_POSITION = 1000;

  static List<JsonNode> tables() {
    return GOLDEN.cases("rope_tables");
  }

  @ParameterizedTest
  @MethodSource("tables")
  void frequenciesAreTheReferencesUpToOneUnitInTheLastPlace(JsonNode golden) {
    float[] expected = GOLDEN.floats(golden, "inv_freq");
    double[] actual = spec(golden, 1).inverseFrequencies();
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], (float) actual[i], Math.ulp(expected[i]), "frequency " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("tables")
  void factorsAreTheReferences(JsonNode golden) {
    RopeSpec spec = spec(golden, 1);
    assertEquals(
        golden.get("attention_factor_on_cos_sin").asDouble(), spec.attentionFactor(), 1e-12);

    JsonNode scaling = golden.get("rope_scaling");
    SoftmaxScale scale =
        scaling.isNull()
            ? new SoftmaxScale.HeadWidth()
            : new SoftmaxScale.YarnMscale(
                scaling.get("factor").asDouble(), scaling.get("mscale_all_dim").asDouble());
    assertEquals(
        golden.get("softmax_scale_if_nope_128").asDouble(), scale.value(128 + spec.dim()), 1e-9);
  }

  @ParameterizedTest
  @MethodSource("tables")
  void tableIsTheReferences(JsonNode golden) {
    int modelPositions = golden.get("max_position_embeddings").asInt();
    int[] positions =
        Arrays.stream(GOLDEN.ints(golden, "positions")).filter(p -> p < modelPositions).toArray();
    float[] frequencies = GOLDEN.floats(golden, "inv_freq");
    float[] cos = GOLDEN.floats(golden, "cos");
    float[] sin = GOLDEN.floats(golden, "sin");
    RopeSpec spec = spec(golden, modelPositions);
    double[] ours = spec.inverseFrequencies();
    int half = ours.length;
    try (Arena arena = Arena.ofConfined()) {
      Tensor table = RopeTable.of(spec, spec.maxPositions()).materialise(arena);
      for (int p = 0; p < positions.length; p++) {
        for (int i = 0; i < half; i++) {
          boolean sameFrequency = (float) ours[i] == frequencies[i];
          // Where the frequency differs in its last place, the angle differs by that times the
          // position.
          double bound =
              sameFrequency
                  ? 1e-6
                  : positions[p] <= SMALL_POSITION
                      ? 1e-4
                      : 1e-6 + 2.0 * positions[p] * Math.ulp(frequencies[i]);
          String what = "position " + positions[p] + ", pair " + i;
          assertEquals(cos[p * half + i], at(table, positions[p], i), bound, "cos at " + what);
          assertEquals(
              sin[p * half + i], at(table, positions[p], half + i), bound, "sin at " + what);
        }
      }
    }
  }

  private static RopeSpec spec(JsonNode golden, int positions) {
    return GoldenRopes.spec(golden, RopeStyle.INTERLEAVED, positions);
  }

  private static float at(Tensor table, int position, int column) {
    return table
        .segment()
        .getAtIndex(ValueLayout.JAVA_FLOAT, position * table.shape().extent(1) + column);
  }
}
