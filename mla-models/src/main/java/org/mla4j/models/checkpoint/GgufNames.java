package org.mla4j.models.checkpoint;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What llama.cpp calls the tensors of one architecture, and what the Hugging Face Hub calls them.
 * Filled once, then only read.
 */
final class GgufNames {
  private static final Pattern GGUF_LAYER = Pattern.compile("blk\\.(0|[1-9]\\d{0,8})\\.(.+)");
  private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(0|[1-9]\\d{0,8})\\.(.+)");
  private static final Pattern EXPERT =
      Pattern.compile("(mlp\\.experts\\.)(0|[1-9]\\d{0,8})\\.(.+)");

  /**
   * One expert's part of a tensor that holds all experts of a layer.
   *
   * @param tensor the name of that tensor in a GGUF file
   * @param index which expert it is
   */
  record ExpertPart(String tensor, int index) {}

  private final Map<String, String> model = new LinkedHashMap<>();
  private final Map<String, String> layer = new LinkedHashMap<>();
  private final Map<String, String> experts = new LinkedHashMap<>();
  private final Set<String> settings = new HashSet<>();

  /** Adds a tensor that is there once. */
  GgufNames model(String gguf, String huggingFace) {
    model.put(gguf, huggingFace);
    return this;
  }

  /** Adds weights that every layer may have: pairs of names of modules. */
  GgufNames weights(String... pairs) {
    return pairs(pairs, name -> name + ".weight");
  }

  /** Adds biases that every layer may have: pairs of names of modules. */
  GgufNames biases(String... pairs) {
    return pairs(pairs, name -> name + ".bias");
  }

  /** Adds tensors that every layer may have, by their full names: pairs. */
  GgufNames tensors(String... pairs) {
    return pairs(pairs, UnaryOperator.identity());
  }

  /** Adds weights of all experts of a layer together: pairs, the second within one expert. */
  GgufNames experts(String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      experts.put(pairs[i] + ".weight", pairs[i + 1] + ".weight");
    }
    return this;
  }

  /** Adds tensors that hold settings, which become part of the configuration. */
  GgufNames settings(String... names) {
    settings.addAll(Set.of(names));
    return this;
  }

  private GgufNames pairs(String[] pairs, UnaryOperator<String> full) {
    for (int i = 0; i < pairs.length; i += 2) {
      layer.put(full.apply(pairs[i]), full.apply(pairs[i + 1]));
    }
    return this;
  }

  /** Whether a tensor of a GGUF file holds settings. */
  boolean isSetting(String gguf) {
    return settings.contains(gguf);
  }

  /** What the Hugging Face Hub calls a tensor that is no tensor of experts. */
  Optional<String> huggingFace(String gguf) {
    Matcher matcher = GGUF_LAYER.matcher(gguf);
    return matcher.matches()
        ? Optional.ofNullable(layer.get(matcher.group(2)))
            .map(name -> "model.layers." + matcher.group(1) + "." + name)
        : Optional.ofNullable(model.get(gguf));
  }

  /** What the Hugging Face Hub calls the part of one expert, of a tensor of experts. */
  Optional<String> huggingFaceExpert(String gguf, long expert) {
    Matcher matcher = GGUF_LAYER.matcher(gguf);
    return matcher.matches()
        ? Optional.ofNullable(experts.get(matcher.group(2)))
            .map(name -> "model.layers." + matcher.group(1) + ".mlp.experts." + expert + "." + name)
        : Optional.empty();
  }

  /** What llama.cpp calls a tensor that belongs to no single expert. */
  Optional<String> gguf(String huggingFace) {
    Matcher matcher = LAYER.matcher(huggingFace);
    return matcher.matches()
        ? Optional.ofNullable(inverse(layer).get(matcher.group(2)))
            .map(name -> "blk." + matcher.group(1) + "." + name)
        : Optional.ofNullable(inverse(model).get(huggingFace));
  }

  /** Where llama.cpp keeps a tensor of one expert. */
  Optional<ExpertPart> ggufExpert(String huggingFace) {
    Matcher matcher = LAYER.matcher(huggingFace);
    Matcher expert = EXPERT.matcher(matcher.matches() ? matcher.group(2) : "");
    return expert.matches()
        ? Optional.ofNullable(inverse(experts).get(expert.group(3)))
            .map(name ->
                new ExpertPart(
                    "blk." + matcher.group(1) + "." + name, Integer.parseInt(expert.group(2))))
        : Optional.empty();
  }

  /** The layer that a tensor of the Hugging Face Hub belongs to; -1 if it belongs to none. */
  static int layerOf(String huggingFace) {
    Matcher matcher = LAYER.matcher(huggingFace);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  private static Map<String, String> inverse(Map<String, String> names) {
    Map<String, String> inverse = new HashMap<>();
    names.forEach((gguf, huggingFace) -> inverse.put(huggingFace, gguf));
    return inverse;
  }
}
