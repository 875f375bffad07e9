/** An architecture as a plug-in. */
module org.example.alternating {
  requires org.mla4j.models;

  // Once more in META-INF/services: the class path and plug-in folders do not read this.
  provides org.mla4j.models.architecture.ArchitectureProvider with
      org.example.alternating.AlternatingProvider;
}
