/** A backend of one fused op. */
module org.example.acme {
  requires org.mla4j.api;

  provides org.mla4j.api.backend.BackendProvider with
      org.example.acme.AcmeProvider;
}
