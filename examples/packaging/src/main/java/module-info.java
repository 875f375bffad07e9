/** A backend as a plug-in. */
module org.example.packaging {
  requires org.mla4j.api;

  // Once more in META-INF/services: the class path and plug-in folders do not read this.
  provides org.mla4j.api.backend.BackendProvider with
      org.example.packaging.OwnNormProvider;
}
