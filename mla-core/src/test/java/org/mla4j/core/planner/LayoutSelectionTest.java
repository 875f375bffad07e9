package org.mla4j.core.planner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.DelegatingBackend;
import org.mla4j.core.testing.MixedSteps;
import org.mla4j.core.testing.PluginBase;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** How caches lie: as those prefer that come to touch them, and nobody else. */
class LayoutSelectionTest {
  @TempDir Path folder;

  /** Writes caches, in split parts with a de-interleaved key and small blocks. */
  public static final class Splitter extends PluginBase {
    @Override
    public String name() {
      return "splitter";
    }

    @Override
    public Backend open(EngineContext context) {
      Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
      return new Backend() {
        @Override
        public Set<String> ops() {
          return Set.of(ConcatAndCacheMla.TYPE);
        }

        @Override
        public List<CacheLayout> cacheLayouts() {
          return List.of(new CacheLayout(Arrangement.SPLIT, RopeOrder.DEINTERLEAVED, 2));
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          return cpu.create(op, bindings);
        }

        @Override
        public void close() {
          cpu.close();
        }
      };
    }
  }

  @ParameterizedTest
  @CsvSource({
    "all, splitter, ScalarDecodeAttention",
    "none, cpu, VectorDecodeAttention",
    "-concat_and_cache_mla, cpu, VectorDecodeAttention",
    "concat_and_cache_mla=cpu, cpu, VectorDecodeAttention"
  })
  void onlyWhoeverTouchesCachesHasASay(String list, String writer, String reader) {
    EngineOptions options = splitting().ops(list).build();
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options)) {
      assertEquals(writer, entry(runner, "layers.0.attn.concat_and_cache").backend());
      assertEquals(reader, entry(runner, "layers.0.attn.decode_attention").kernel());
    }
  }

  @Test
  void resultsAreTheSameInAnyLayout() {
    List<float[]> rows = logits(MixedSteps.options().backendOption("cpu:vector", "off"));
    List<float[]> split = logits(splitting().backendOption("cpu:vector", "off"));
    for (int i = 0; i < rows.size(); i++) {
      assertArrayEquals(rows.get(i), split.get(i), "row " + i);
    }
  }

  private EngineOptions.Builder splitting() {
    return MixedSteps.options()
        .backendOption("cpu:fused", "off")
        .pluginLoader(PluginLoader.beside(folder, Splitter.class));
  }

  private static org.mla4j.api.diagnosis.Explanation.Entry entry(StepRunner runner, String node) {
    return runner.explain().entries().stream()
        .filter(entry -> entry.node().equals(node))
        .findFirst()
        .orElseThrow();
  }

  private static List<float[]> logits(EngineOptions.Builder options) {
    try (TinyModel model = new TinyModel();
        StepRunner runner = StepRunner.build(model, options.build())) {
      return MixedSteps.logits(runner);
    }
  }
}
