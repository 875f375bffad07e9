package org.mla4j.models.architecture;

import java.util.Set;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Knows some architectures. Found by {@link java.util.ServiceLoader}; a jar declares it in its
 * module descriptor and under {@code META-INF/services}.
 */
public interface ArchitectureProvider {
  /**
   * Returns what it knows.
   *
   * @return names as in the {@code architectures} field of {@code config.json}
   */
  Set<String> architectures();

  /**
   * Makes a model. Checks the configuration; tensors are looked up when the plan is made.
   *
   * @param architecture one of those it knows
   * @param config the model's configuration
   * @param checkpoint its weights; the model closes it
   * @return the model
   * @throws org.mla4j.api.error.ModelException if a field is missing, contradictory or not
   *     supported
   */
  ModelDefinition create(String architecture, ModelConfig config, Checkpoint checkpoint);
}
