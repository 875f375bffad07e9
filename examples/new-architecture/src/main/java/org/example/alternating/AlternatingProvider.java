package org.example.alternating;

import module org.mla4j.models;

import java.util.Set;

/** Provides the architecture by the name in the {@code architectures} field of config.json. */
public final class AlternatingProvider implements ArchitectureProvider {
  static final String NAME = "AlternatingForCausalLM";

  @Override
  public Set<String> architectures() {
    return Set.of(NAME);
  }

  @Override
  public ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint) {
    Quantization.requireReadable(config);
    return new AlternatingModel(config.checked(() -> AlternatingConfig.read(config)), checkpoint);
  }
}
