/** The engine, the planner and the {@code cpu} backend. */
module org.mla4j.core {
  requires transitive org.mla4j.api;
  requires static jdk.incubator.vector;

  exports org.mla4j.core.cost;
  exports org.mla4j.core.engine;
  exports org.mla4j.core.layer;
  exports org.mla4j.core.measure;
  exports org.mla4j.core.model;
  exports org.mla4j.core.options;
  exports org.mla4j.core.plugin;
  exports org.mla4j.core.runner;

  uses org.mla4j.api.backend.BackendProvider;

  provides org.mla4j.api.backend.BackendProvider with
      org.mla4j.core.cpu.CpuBackendProvider;
}
