/** The mla command. */
module org.mla4j.cli {
  requires org.mla4j.models;
  requires static org.jspecify;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires tools.jackson.databind;

  // Commands and their options are read and set by reflection, and so are the records behind
  // --json.
  opens org.mla4j.cli to
      info.picocli,
      tools.jackson.databind;
}
