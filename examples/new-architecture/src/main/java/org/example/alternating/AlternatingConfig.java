package org.example.alternating;

import module org.mla4j.models;

/** What config.json says; the spec of the attention is that of a layer with rope. */
record AlternatingConfig(
    int vocabulary, int layers, int intermediate, int positions, double eps, MlaSpec roped) {

  static AlternatingConfig read(ModelConfig config) {
    int positions = config.positiveInt("max_position_embeddings");
    int rotary = config.positiveInt("qk_rope_head_dim");
    double eps = config.doubleField("rms_norm_eps");
    double theta = config.doubleField("rope_theta");
    MlaSpec roped =
        MlaSpec.builder()
            .hiddenSize(config.positiveInt("hidden_size"))
            .numHeads(config.positiveInt("num_attention_heads"))
            .kvLoraRank(config.positiveInt("kv_lora_rank"))
            .qkNopeHeadDim(config.positiveInt("qk_nope_head_dim"))
            .qkRopeHeadDim(rotary)
            .vHeadDim(config.positiveInt("v_head_dim"))
            .kvANorm(new NormSpec(eps))
            .rope(
                new RopeSpec(
                    rotary, theta, RopeStyle.INTERLEAVED, new RopeScaling.None(), positions))
            .build();
    return new AlternatingConfig(
        config.positiveInt("vocab_size"),
        config.positiveInt("num_hidden_layers"),
        config.positiveInt("intermediate_size"),
        positions,
        eps,
        roped);
  }

  /** The twist: in every second layer the rotary part passes unrotated. */
  MlaSpec attention(int layer) {
    return layer % 2 == 0 ? roped : roped.toBuilder().rope(null).build();
  }
}
