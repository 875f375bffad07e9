package org.mla4j.models.architecture.glm;

import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.architecture.ArchitectureProvider;
import org.mla4j.models.architecture.deepseek.DeepseekDecoder;
import org.mla4j.models.architecture.deepseek.DeepseekRouting;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/** Provides GLM-4.7-Flash: layers, names and routing are those of DeepSeek-V3. */
public final class Glm4MoeLiteProvider implements ArchitectureProvider {
  private static final String ARCHITECTURE = "Glm4MoeLiteForCausalLM";
  private static final String ROTARY_PART = "partial_rotary_factor";

  /** For {@link java.util.ServiceLoader}. */
  public Glm4MoeLiteProvider() {}

  @Override
  public Set<String> architectures() {
    return Set.of(ARCHITECTURE);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    requireWholeRotaryPart(config);
    config.section("rope_parameters").ifPresent(Glm4MoeLiteProvider::requireWholeRotaryPart);
    return DeepseekDecoder.create(architecture, config, checkpoint, DeepseekRouting.V3);
  }

  /** Other GLM models turn a part of each head; here the rotary part is a part of its own. */
  private static void requireWholeRotaryPart(ModelConfig fields) {
    double part = fields.optionalDouble(ROTARY_PART).orElse(1);
    if (part != 1) {
      throw fields.refused(
          ROTARY_PART, Double.toString(part), "1: all of qk_rope_head_dim is turned");
    }
  }
}
