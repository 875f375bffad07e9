/** The engine and the cpu backend. */
module org.mla4j.core {
  requires transitive org.mla4j.api;
  requires static jdk.incubator.vector;

}
