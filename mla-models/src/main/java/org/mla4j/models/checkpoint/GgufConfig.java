package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The {@code config.json} that a GGUF file would have if it were a folder. */
final class GgufConfig {
  private GgufConfig() {}

  static ObjectNode read(Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      GgufArchitecture architecture = GgufArchitectures.of(file);
      GgufKeys keys = new GgufKeys(file.metadata(), architecture.name());
      ObjectNode config = JsonNodeFactory.instance.objectNode();
      GgufDecoder.readConfig(keys, file, config);
      architecture.readConfig(keys, file, config);
      keys.requireAllRead();
      return config;
    }
  }
}
