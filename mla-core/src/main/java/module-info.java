/** The engine and the cpu backend. */
module org.mla4j.core {
  requires transitive org.mla4j.api;
  requires static jdk.incubator.vector;

  provides org.mla4j.api.backend.BackendProvider with
      org.mla4j.core.cpu.CpuBackendProvider;
}
