package org.mla4j.models.architecture.deepseek;

import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Provides DeepSeek-V2 (with its Lite) and DeepSeek-V3, R1, Kimi-K2 and Moonlight included. */
public final class DeepseekProvider implements ArchitectureProvider {
  private static final String V2 = "DeepseekV2ForCausalLM";
  private static final String V3 = "DeepseekV3ForCausalLM";

  /** For {@link java.util.ServiceLoader}. */
  public DeepseekProvider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(V2, V3);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    DeepseekRouting routing = architecture.equals(V2) ? DeepseekRouting.V2 : DeepseekRouting.V3;
    return DeepseekDecoder.create(architecture, config, checkpoint, routing);
  }
}
