package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.testing.BlockModel;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.RandomBlocks;

@DisplayName(
    "In deterministic mode a model of block types read in place gives the bits of its weights as F32")
class BlockModelTest {
  record Example(String vector, DType dtype) {}

  static Stream<Example> examples() {
    return RandomBlocks.types()
        .flatMap(dtype -> Stream.of("auto", "off").map(vector -> new Example(vector, dtype)));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void sameBits(Example example) {
    BlockModel model = BlockModel.of(example.dtype());
    List<float[]> expected = logits(model.decoded(), example.vector());
    List<float[]> actual = logits(model, example.vector());
    assertEquals(expected.size(), actual.size());
    for (int row = 0; row < expected.size(); row++) {
      assertArrayEquals(expected.get(row), actual.get(row), "logits " + row);
      for (float logit : expected.get(row)) {
        assertTrue(Float.isFinite(logit), () -> logit + " among the logits");
      }
    }
  }

  private static List<float[]> logits(BlockModel model, String vector) {
    try (StepRunner runner =
        StepRunner.build(
            model,
            MixedSteps.options()
                .backendOption("cpu:vector", vector)
                .backendOption("cpu:repack", "off")
                .deterministic(true)
                .build())) {
      assertTrue(model.isReadInPlace());
      return MixedSteps.logits(runner);
    }
  }
}
