/** Values, contracts and the SPI of backends. */
module org.mla4j.api {
  requires static transitive org.jspecify;

  exports org.mla4j.api;
}
