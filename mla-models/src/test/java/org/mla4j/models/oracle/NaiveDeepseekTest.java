package org.mla4j.models.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.models.TestData;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The oracle computes what the reference computed. */
class NaiveDeepseekTest {
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deepseek-v2-lite-tiny",
        "deepseek-v2-tiny",
        "deepseek-v3-tiny",
        "deepseek-v3-tiny-fp8",
        "deepseek-v3-wide-tiny",
        "kimi-k2-tiny"
      })
  void computesWhatTheReferenceComputed(String golden) throws IOException {
    Path folder = TestData.golden(golden);
    JsonNode manifest = JsonMapper.shared().readTree(folder.resolve("golden.json").toFile());
    JsonNode prompt =
        manifest
            .get("prompts")
            .valueStream()
            .filter(each -> each.get("name").asString().equals("p33"))
            .findFirst()
            .orElseThrow();
    int[] ids = prompt.get("input_ids").valueStream().mapToInt(JsonNode::asInt).toArray();
    JsonNode entry = manifest.get("tensors").get(prompt.get("logits").asString());
    double[] expected = new double[entry.get("nbytes").asInt() / Float.BYTES];
    ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("golden.bin")));
    data.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = data.getFloat(entry.get("offset").asInt() + Float.BYTES * i);
    }
    double[] found =
        Arrays.stream(NaiveDeepseek.read(folder).run(ids).logits())
            .flatMapToDouble(Arrays::stream)
            .toArray();
    assertEquals(expected.length, found.length);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], TOLERANCE * largest, "logit " + i);
    }
  }
}
