/**
 * Kernels for OpenCL devices: a backend that sees {@code mla-api} and nothing else of the project.
 */
module org.mla4j.opencl {
  requires transitive org.mla4j.api;
  requires jocl;

  provides org.mla4j.api.backend.BackendProvider with
      org.mla4j.opencl.OpenClBackendProvider;
}
