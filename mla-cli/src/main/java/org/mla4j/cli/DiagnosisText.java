package org.mla4j.cli;

import org.mla4j.api.diagnosis.Diagnosis;
import org.mla4j.api.diagnosis.Diagnosis.BackendReport;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

/** A diagnosis for people. */
final class DiagnosisText {
  private DiagnosisText() {}

  static String of(Diagnosis diagnosis) {
    return process(diagnosis) + "\n\n" + backends(diagnosis);
  }

  private static String process(Diagnosis diagnosis) {
    return new TextTable("mla4j", diagnosis.version())
        .row("jvm", diagnosis.jvm())
        .row("system", diagnosis.system())
        .row("processors", Integer.toString(diagnosis.processors()))
        .row("vectors", vector(diagnosis.vector()))
        .toString();
  }

  private static String vector(VectorSupport vector) {
    String width = vector.usable() ? vector.bits() + " bits" : "not usable";
    return width + ": " + vector.detail();
  }

  private static String backends(Diagnosis diagnosis) {
    if (diagnosis.backends().isEmpty()) {
      return "no backend found, not even the bundled one";
    }
    TextTable table = new TextTable("backend", "usable", "priority", "version", "level", "from");
    for (BackendReport backend : diagnosis.backends()) {
      table
          .row(
              backend.name(),
              backend.usable() ? "yes" : "no",
              Integer.toString(backend.priority()),
              orUnknown(backend.version()),
              backend.spiLevel() == 0 ? "?" : Integer.toString(backend.spiLevel()),
              backend.source())
          .line("  " + backend.detail());
    }
    return table.toString();
  }

  private static String orUnknown(String version) {
    return version.isEmpty() ? "?" : version;
  }
}
