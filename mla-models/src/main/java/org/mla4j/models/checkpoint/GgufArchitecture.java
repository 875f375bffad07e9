package org.mla4j.models.checkpoint;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** How llama.cpp keeps the models of one architecture in a file, and how the Hub does. */
interface GgufArchitecture {
  /** Its name in the metadata: the value of {@code general.architecture}. */
  String name();

  /** The names of its tensors. */
  GgufNames names();

  /** The architectures, in the words of {@code config.json}, that are kept in this way. */
  Set<String> huggingFace();

  /**
   * Writes the fields of a {@code config.json}.
   *
   * @param keys what the metadata say of the model
   * @param file the file, for what tensors tell
   * @param config takes the fields
   * @throws org.mla4j.api.error.ModelException if a value is missing, malformed, or asks for
   *     something that no such model of ours computes
   */
  void readConfig(GgufKeys keys, GgufFile file, ObjectNode config);

  /**
   * The other way round.
   *
   * @param config a {@code config.json} of one of {@link #huggingFace}
   * @param settings takes what is to be written
   * @throws org.mla4j.api.error.ModelException if a field says what the format cannot
   */
  void writeSettings(ModelConfig config, GgufSettings settings);

  /** What a configuration says that is kept as tensors of one axis, by name. */
  default Map<String, float[]> settingTensors(ModelConfig config) {
    return Map.of();
  }
}
