/**
 * The conformance kit: what a backend must do, as numbered rules with tests. A vendor extends
 * {@link org.mla4j.tck.BackendConformance} once.
 */
module org.mla4j.tck {
  requires transitive org.mla4j.api;
  requires org.mla4j.core;
  requires transitive org.junit.jupiter.api;
  requires java.management;
  requires jdk.management;

  exports org.mla4j.tck;
  exports org.mla4j.tck.reference;
}
