package org.mla4j.models.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.TestData;
import org.mla4j.models.inspect.ModelFacts.CachedLayer;
import org.mla4j.models.inspect.ModelFacts.TypeShare;

class ModelInspectionTest {
  private static ModelFacts inspect(String model, EngineOptions.Builder options) {
    try (LanguageModel opened = LanguageModel.open(TestData.golden(model))) {
      return ModelInspection.inspect(opened, options.build());
    }
  }

  @Test
  @DisplayName("the real ranks: rows of 576 elements, and of 656 bytes as fp8_ds_mla")
  void wideLatents() {
    ModelFacts facts = inspect("deepseek-v3-wide-tiny", EngineOptions.builder());
    assertEquals("DeepseekV3ForCausalLM", facts.architecture());
    assertEquals(512, facts.dimensions().get("kv_lora_rank"));
    assertEquals(
        Map.of("F32", 4608L, "BF16", 2304L, "F16", 2304L, "F8_E4M3", 1152L, "FP8_DS_MLA", 1312L),
        facts.cacheBytesPerToken());
    assertEquals(
        List.of(
            new CachedLayer("layers.0.attn", true, 576),
            new CachedLayer("layers.1.attn", true, 576)),
        facts.layers());
    assertEquals(List.of("BF16", "F32"), facts.types().stream().map(TypeShare::type).toList());
    assertEquals(facts.parameters(), facts.types().stream().mapToLong(TypeShare::elements).sum());
    assertTrue(facts.chatTemplate().orElseThrow().endsWith("tokenizer_config.json#chat_template"));
    assertEquals(List.of(), facts.unblocked());
  }

  @Test
  @DisplayName("grouped-query layers do not absorb; the estimate follows the options")
  void groupedQueries() {
    ModelFacts facts =
        inspect(
            "qwen2-tiny",
            EngineOptions.builder()
                .maxSequences(4)
                .maxSequenceLength(1000)
                .blockSize(16)
                .cacheDType(DType.BF16));
    assertEquals(3, facts.layers().stream().filter(layer -> !layer.absorbs()).count());
    assertEquals(
        Map.of("F32", 768L, "BF16", 384L, "F16", 384L, "F8_E4M3", 192L),
        facts.cacheBytesPerToken());
    // 1000 tokens are 63 blocks of 16.
    assertEquals(4L * 63 * 16 * 384, facts.memory().cacheBytes());
    assertEquals("BF16", facts.memory().cacheType());
    assertEquals(1000, facts.memory().length());
    assertEquals(
        facts.memory().totalBytes(),
        facts.memory().mappedBytes()
            + facts.memory().dequantisedBytes()
            + facts.memory().cacheBytes()
            + facts.memory().bufferBytes());
  }

  @Test
  @DisplayName("block scales are no parameters; FP8 codes are converted")
  void blockScales() {
    ModelFacts codes = inspect("deepseek-v3-tiny-fp8", EngineOptions.builder());
    ModelFacts plain = inspect("deepseek-v3-tiny", EngineOptions.builder());
    assertEquals(plain.parameters(), codes.parameters());
    assertTrue(codes.memory().dequantisedBytes() > plain.memory().dequantisedBytes());
    assertTrue(codes.memory().mappedBytes() < plain.memory().mappedBytes());
  }
}
