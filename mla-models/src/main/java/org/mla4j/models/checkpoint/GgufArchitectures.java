package org.mla4j.models.checkpoint;

import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/** The architectures of llama.cpp whose files become models here. */
final class GgufArchitectures {
  static final String KEY = "general.architecture";

  private static final List<GgufArchitecture> ALL =
      List.of(
          new GgufDeepseek2(), GgufQwen.LLAMA, new GgufMiniCpm3(), GgufQwen.QWEN2, GgufQwen.QWEN3);

  private GgufArchitectures() {}

  /** That of a file. */
  static GgufArchitecture of(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    metadata
        .string("general.type")
        .filter(type -> !type.equals("model"))
        .ifPresent(type -> {
          throw metadata.refused("general.type", type, "model");
        });
    String given = metadata.string(KEY).orElse("missing");
    return ALL.stream()
        .filter(architecture -> architecture.name().equals(given))
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                ErrorCode.UNKNOWN_ARCHITECTURE,
                file.path()
                    + ": metadata key '"
                    + KEY
                    + "' is "
                    + Excerpt.of(given)
                    + "; expected one of "
                    + ALL.stream().map(GgufArchitecture::name).collect(Collectors.joining(", "))
                    + "."));
  }

  /** That which a model is kept as. */
  static GgufArchitecture of(ModelConfig config) {
    List<String> given = config.strings("architectures");
    return ALL.stream()
        .filter(architecture -> given.stream().anyMatch(architecture.huggingFace()::contains))
        .findFirst()
        .orElseThrow(() ->
            config.refused(
                "architectures",
                given.toString(),
                "one that llama.cpp has a name for: "
                    + ALL.stream()
                        .flatMap(architecture -> architecture.huggingFace().stream())
                        .sorted()
                        .collect(Collectors.joining(", "))));
  }
}
