/** The mla command. */
module org.mla4j.cli {
  requires org.mla4j.models;
  requires static org.jspecify;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires tools.jackson.databind;

  opens org.mla4j.cli to
      info.picocli;
}
