/**
 * The contracts of MLA4J: values, ops and plans as data, the layer contract and the backend SPI.
 *
 * <p>A backend's main code needs this module and nothing else of the project.
 */
module org.mla4j.api {
  requires static transitive org.jspecify;

  exports org.mla4j.api.backend;
  exports org.mla4j.api.diagnosis;
  exports org.mla4j.api.error;
  exports org.mla4j.api.layer;
  exports org.mla4j.api.op;
  exports org.mla4j.api.plan;
  exports org.mla4j.api.spec;
  exports org.mla4j.api.step;
  exports org.mla4j.api.tensor;
  exports org.mla4j.api.value;
  exports org.mla4j.api.weight;
}
