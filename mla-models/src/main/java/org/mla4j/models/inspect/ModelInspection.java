package org.mla4j.models.inspect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.ModelOutline;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.Checkpoint.Contained;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.inspect.ModelFacts.CachedLayer;
import org.mla4j.models.inspect.ModelFacts.Matrix;
import org.mla4j.models.inspect.ModelFacts.TypeShare;
import org.mla4j.models.tokenizer.ChatFormat;

/** Finds out what a model is, from headers and its plan: no weight is read. */
public final class ModelInspection {
  /** Sizes that families have in common. */
  private static final List<String> DIMENSIONS =
      List.of(
          "num_hidden_layers",
          "hidden_size",
          "intermediate_size",
          "vocab_size",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "q_lora_rank",
          "kv_lora_rank",
          "qk_nope_head_dim",
          "qk_rope_head_dim",
          "v_head_dim",
          "n_routed_experts",
          "num_experts_per_tok",
          "n_shared_experts",
          "moe_intermediate_size");

  /** Elements of the smallest block. */
  private static final int BLOCK = DType.Q8_0.blockElements();

  private static final CacheSpec DS_MLA =
      CacheSpec.mla(CacheSpec.DS_MLA_LATENT, CacheSpec.DS_MLA_ROPE, DType.F32);

  private ModelInspection() {}

  /**
   * Inspects a model.
   *
   * @param model the opened model
   * @param options what an engine would be opened with; the estimate counts a cache for {@code
   *     maxSequences} sequences of {@code maxSequenceLength} tokens
   * @return the facts
   * @throws org.mla4j.api.error.MlaException if an engine could not be opened, or a file is
   *     malformed
   */
  public static ModelFacts inspect(LanguageModel model, EngineOptions options) {
    Path path = model.folder();
    ModelOutline outline = ModelOutline.of(model.definition(), options);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      List<Contained> contents = checkpoint.contents();
      return new ModelFacts(
          model.definition().name(),
          model.definition().architecture(),
          dimensions(ModelConfig.of(path)),
          contents.stream()
              .filter(tensor -> !isScale(tensor))
              .mapToLong(tensor -> tensor.shape().elements())
              .sum(),
          checkpoint.byteSize(),
          types(contents),
          unblocked(contents),
          model.definition().maxPositions(),
          template(model),
          layers(outline),
          cacheBytesPerToken(outline),
          Memory.estimate(outline, options));
    }
  }

  private static Map<String, Long> dimensions(ModelConfig config) {
    Map<String, Long> found = new LinkedHashMap<>();
    for (String name : DIMENSIONS) {
      config.optionalInt(name).ifPresent(value -> found.put(name, (long) value));
    }
    return Collections.unmodifiableMap(found);
  }

  private static List<TypeShare> types(List<Contained> contents) {
    Map<String, TypeShare> shares = new LinkedHashMap<>();
    for (Contained tensor : contents) {
      shares.merge(
          tensor.type(),
          new TypeShare(tensor.type(), 1, tensor.shape().elements(), tensor.bytes()),
          (a, b) ->
              new TypeShare(
                  a.type(),
                  a.tensors() + b.tensors(),
                  a.elements() + b.elements(),
                  a.bytes() + b.bytes()));
    }
    return shares.values().stream()
        .sorted(Comparator.comparingLong(TypeShare::bytes).reversed())
        .toList();
  }

  private static List<Matrix> unblocked(List<Contained> contents) {
    boolean blocks = contents.stream().anyMatch(ModelInspection::isBlocked);
    List<Matrix> found = new ArrayList<>();
    for (Contained tensor : contents) {
      boolean matrix = tensor.shape().rank() > 1;
      if (blocks && matrix && !isBlocked(tensor) && tensor.shape().extent(-1) % BLOCK != 0) {
        found.add(new Matrix(tensor.name(), tensor.type(), tensor.shape().extent(-1)));
      }
    }
    return List.copyOf(found);
  }

  private static boolean isBlocked(Contained tensor) {
    for (DType type : DType.values()) {
      if (type.isBlockType() && type.name().equals(tensor.type())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isScale(Contained tensor) {
    return tensor.name().endsWith(Checkpoint.SCALE_SUFFIX);
  }

  private static Optional<String> template(LanguageModel model) {
    return ChatFormat.find(model.folder(), model.tokenizer())
        .map(format -> format.template().origin());
  }

  private static List<CachedLayer> layers(ModelOutline outline) {
    return outline.caches().stream()
        .map(cache ->
            new CachedLayer(cache.layer(), absorbs(outline, cache), cache.spec().rowWidth()))
        .toList();
  }

  private static boolean absorbs(ModelOutline outline, CacheValue cache) {
    return outline.nodes().stream()
        .anyMatch(node ->
            node.layer().equals(cache.layer())
                && Memory.parts(node.op()).stream().anyMatch(AbsorbQuery.class::isInstance));
  }

  private static Map<String, Long> cacheBytesPerToken(ModelOutline outline) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (CacheType type : CacheType.values()) {
      Optional<Long> sum = Optional.of(0L);
      for (CacheValue cache : outline.caches()) {
        sum = sum.flatMap(soFar -> bytes(cache.spec(), type).map(each -> soFar + each));
      }
      sum.ifPresent(all -> bytes.put(type.name(), all));
    }
    return Collections.unmodifiableMap(bytes);
  }

  /** Bytes of a row in another type; empty if there is no such row. */
  private static Optional<Long> bytes(CacheSpec spec, CacheType type) {
    boolean cells = type.format() == CacheSpec.Format.CELLS;
    return cells || spec.parts().equals(DS_MLA.parts())
        ? Optional.of(new CacheSpec(spec.parts(), type.dtype(), 1, type.format()).bytesPerToken())
        : Optional.empty();
  }
}
