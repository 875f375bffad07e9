package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;

/** A folder as the Hugging Face Hub ships it, under the names of llama.cpp. */
final class FolderExport implements ExportSource {

  /** What follows from the configuration, or belongs to a cache and not to the model. */
  private static final Pattern NO_WEIGHT = Pattern.compile(".*\\.(rotary_emb\\..*|[kv]_scale)");

  private static final String HEAD = "lm_head.weight";
  private static final String LATENT = "self_attn.kv_b_proj.weight";

  private final Path folder;
  private final ModelConfig config;
  private final GgufArchitecture architecture;
  private final GgufSettings settings;
  private final boolean splitLatent;
  private final Checkpoint checkpoint;
  private final List<String> leftOut = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  private FolderExport(
      Path folder, ModelConfig config, GgufArchitecture architecture, boolean splitLatent) {
    this.folder = folder;
    this.config = config;
    this.architecture = architecture;
    this.settings = new GgufSettings(architecture.name());
    GgufDecoder.writeSettings(config, settings);
    architecture.writeSettings(config, settings);
    this.remarks.addAll(settings.remarks());
    this.splitLatent = splitLatent && architecture instanceof GgufDeepseek2;
    this.checkpoint = Checkpoint.open(folder);
  }

  static FolderExport open(Path folder, boolean splitLatent) {
    ModelConfig config = ModelConfig.of(folder);
    return new FolderExport(folder, config, GgufArchitectures.of(config), splitLatent);
  }

  @Override
  public Map<String, Object> metadata() {
    Map<String, Object> all = new LinkedHashMap<>();
    Path name = folder.toAbsolutePath().normalize().getFileName();
    all.put(GgufArchitectures.KEY, architecture.name());
    all.put("general.type", "model");
    all.put("general.name", name == null ? architecture.name() : name.toString());
    config.strings("architectures").stream()
        .filter(architecture.huggingFace()::contains)
        .findFirst()
        .ifPresent(source -> all.put(GgufDeepseek2.SOURCE, source));
    all.putAll(settings.values());
    if (!splitLatent && architecture instanceof GgufDeepseek2 deepseek) {
      deepseek.unabsorb(config, all);
    }
    GgufDecoder.tokens(config, GenerationConfig.read(folder, config), remarks)
        .forEach(token -> all.put(token.key(), token.id()));
    return all;
  }

  @Override
  public List<ExportTensor> tensors() {
    Map<String, ExportTensor> all = new LinkedHashMap<>();
    Map<String, Map<Integer, WeightHandle>> experts = new LinkedHashMap<>();
    int layers = config.positiveInt("num_hidden_layers");
    boolean tied = config.booleanField("tie_word_embeddings", false);
    for (String name : checkpoint.names()) {
      if (name.endsWith(Checkpoint.SCALE_SUFFIX)) {
        continue;
      }
      if (GgufNames.layerOf(name) >= layers
          || NO_WEIGHT.matcher(name).matches()
          || (tied && name.equals(HEAD))) {
        leftOut.add(name);
        continue;
      }
      WeightHandle weight = checkpoint.require(name);
      Optional<GgufNames.ExpertPart> part = architecture.names().ggufExpert(name);
      if (part.isPresent()) {
        experts
            .computeIfAbsent(part.get().tensor(), _ -> new TreeMap<>())
            .put(part.get().index(), weight);
        // Holds its place until all experts are known.
        all.putIfAbsent(part.get().tensor(), ExportTensor.of(part.get().tensor(), weight));
      } else {
        String gguf = architecture.names().gguf(name).orElseThrow(() -> unnamed(name));
        add(all, gguf, name, weight);
      }
    }
    experts.forEach((name, parts) -> all.put(name, together(name, parts)));
    architecture
        .settingTensors(config)
        .forEach((name, values) ->
            all.put(
                name,
                new ExportTensor(
                    name, Shape.of(values.length), List.of(), rows -> rows.accept(values))));
    return List.copyOf(all.values());
  }

  private void add(Map<String, ExportTensor> all, String gguf, String name, WeightHandle weight) {
    if (!splitLatent || !name.endsWith(LATENT)) {
      all.put(gguf, ExportTensor.of(gguf, weight));
      return;
    }
    int heads = config.positiveInt("num_attention_heads");
    int key = config.positiveInt("qk_nope_head_dim");
    int value = config.positiveInt("v_head_dim");
    if (weight.shape().rank() != 2
        || weight.shape().extent(0) != (long) heads * (key + value)
        || weight.shape().extent(1) != config.positiveInt("kv_lora_rank")) {
      throw new ModelException(
          ErrorCode.WRONG_SHAPE,
          "Checkpoint '"
              + folder
              + "', tensor '"
              + name
              + "': expected [num_attention_heads * (qk_nope_head_dim + v_head_dim), kv_lora_rank]"
              + " = ["
              + (long) heads * (key + value)
              + ", "
              + config.positiveInt("kv_lora_rank")
              + "], found "
              + weight.shape()
              + ".");
    }
    LatentHalves halves = new LatentHalves(weight, heads, key, value);
    String ofKeys = gguf.replace("attn_kv_b", "attn_k_b");
    String ofValues = gguf.replace("attn_kv_b", "attn_v_b");
    all.put(ofKeys, new ExportTensor(ofKeys, halves.keyShape(), List.of(), halves.keys()));
    all.put(ofValues, new ExportTensor(ofValues, halves.valueShape(), List.of(), halves.values()));
  }

  /** The experts of a layer, by their sorted indices. */
  private ExportTensor together(String name, Map<Integer, WeightHandle> parts) {
    int experts = config.count("n_routed_experts");
    List<WeightHandle> all = List.copyOf(parts.values());
    Shape shape = all.get(0).shape();
    if (parts.size() != experts
        || !parts.containsKey(experts - 1)
        || !all.stream().allMatch(part -> part.shape().equals(shape))) {
      throw new ModelException(
          ErrorCode.WRONG_SHAPE,
          "Checkpoint '"
              + folder
              + "', tensor '"
              + all.get(0).name()
              + "': expected n_routed_experts = "
              + experts
              + " experts of one shape, found "
              + parts.size()
              + ", of "
              + all.stream().map(WeightHandle::shape).distinct().toList()
              + ".");
    }
    return ExportTensor.of(name, shape.prepend(experts), all);
  }

  private ModelException unnamed(String name) {
    return new ModelException(
        ErrorCode.MODEL_CONFIG,
        "Checkpoint '"
            + folder
            + "', tensor '"
            + name
            + "': llama.cpp has no name for it in architecture '"
            + architecture.name()
            + "'; expected none that would be left out.");
  }

  @Override
  public List<String> leftOut() {
    return leftOut;
  }

  @Override
  public List<String> remarks() {
    return remarks;
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
