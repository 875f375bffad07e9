package org.mla4j.tck.plain;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

class RemotePlanTest {
  @TempDir Path folder;

  @Test
  void show() {
    for (String without : new String[] {"", "mla_context_attention", "mla_prefill_attention", "gather_cache"}) {
      try (SmallModel model = new SmallModel();
          StepRunner runner =
              StepRunner.build(
                  model,
                  EngineOptions.builder()
                      .pluginLoader(new ProviderLoader(folder))
                      .backendOption("plain:device", "on")
                      .backendOption("plain:without", without)
                      .backendOption("plain:fused", "none")
                      .build())) {
        System.out.println("=== " + without);
        System.out.println(runner.explain());
        System.out.println(runner.memory());
      }
    }
  }
}
