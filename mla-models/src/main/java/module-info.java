/** Architectures, checkpoints, tokenizers and chat templates. */
module org.mla4j.models {
  requires transitive org.mla4j.core;
  requires jdk.management;
  requires tools.jackson.databind;
  requires ai.djl.tokenizers;
  requires commons.math3;

  exports org.mla4j.models;
  exports org.mla4j.models.architecture;
  exports org.mla4j.models.checkpoint;
  exports org.mla4j.models.convert;
  exports org.mla4j.models.evaluation;
  exports org.mla4j.models.inspect;
  exports org.mla4j.models.measure;
  exports org.mla4j.models.template;
  exports org.mla4j.models.tokenizer;
  exports org.mla4j.models.verify;

  uses org.mla4j.models.architecture.ArchitectureProvider;

  provides org.mla4j.models.architecture.ArchitectureProvider with
      org.mla4j.models.architecture.deepseek.DeepseekProvider,
      org.mla4j.models.architecture.glm.Glm4MoeLiteProvider,
      org.mla4j.models.architecture.minicpm.MiniCpm3Provider,
      org.mla4j.models.architecture.dense.LlamaProvider,
      org.mla4j.models.architecture.dense.QwenProvider,
      org.mla4j.models.architecture.transmla.LlamaMlaProvider;
}
