/** Architectures, checkpoints and tokenizers. */
module org.mla4j.models {
  requires transitive org.mla4j.core;
  requires tools.jackson.databind;
  requires ai.djl.tokenizers;

  exports org.mla4j.models;
}
