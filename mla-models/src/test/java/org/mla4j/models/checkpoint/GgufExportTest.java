package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.api.testing.Refusals.assertModelRefused;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.TestData;
import org.mla4j.models.testing.EditedCheckpoint;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is written to a GGUF file comes back from it under the names it had. */
class GgufExportTest {
  @TempDir Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void name() {
    file = folder.resolve("model.gguf");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v2-lite-tiny",
        "deepseek-v2-tiny",
        "deepseek-v3-tiny",
        "deepseek-v3-wide-tiny",
        "kimi-k2-tiny",
        "glm4-moe-lite-tiny",
        "minicpm3-tiny",
        "qwen2-tiny",
        "qwen3-tiny"
      })
  void everyWeightComesBack(String golden) {
    GgufExport.Report report =
        GgufExport.of(TestData.golden(golden)).type(DType.F32).build().write(file);
    try (Checkpoint expected = Checkpoint.open(TestData.golden(golden));
        Checkpoint found = Checkpoint.open(file)) {
      Set<String> names = new HashSet<>(expected.names());
      names.removeAll(report.leftOut());
      assertEquals(names, found.names());
      for (String name : names) {
        assertArrayEquals(values(expected.require(name)), values(found.require(name)), name);
      }
    }
    assertEquals(List.of(), report.remarks());
    assertEquals(file.toFile().length(), report.bytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v2-lite-tiny",
        "deepseek-v2-tiny",
        "deepseek-v3-tiny",
        "deepseek-v3-wide-tiny",
        "kimi-k2-tiny",
        "glm4-moe-lite-tiny",
        "minicpm3-tiny",
        "qwen2-tiny",
        "qwen3-tiny"
      })
  void everyFieldComesBack(String golden) {
    GgufExport.of(TestData.golden(golden)).type(DType.BF16).build().write(file);
    JsonNode expected =
        JsonMapper.shared().readTree(TestData.golden(golden).resolve("config.json").toFile());
    ObjectNode found = GgufConfig.read(file);
    Map<String, String> differences = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : found.properties()) {
      JsonNode wanted = expected.path(field.getKey());
      if (!same(wanted, field.getValue())) {
        differences.put(field.getKey(), wanted + " -> " + field.getValue());
      }
    }
    System.out.println(golden + " " + differences);
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return a.isNumber() && b.isNumber() ? a.asDouble() == b.asDouble() : a.equals(b);
  }

  private static float[] values(WeightHandle weight) {
    try (Arena arena = Arena.ofConfined()) {
      long elements = weight.shape().elements();
      MemorySegment target = arena.allocate(ValueLayout.JAVA_FLOAT, elements);
      weight.materialise(Tensor.dense(DType.F32, weight.shape(), target));
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
