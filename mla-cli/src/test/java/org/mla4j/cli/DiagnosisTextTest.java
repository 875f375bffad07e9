package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Diagnosis;
import org.mla4j.api.diagnosis.Diagnosis.BackendReport;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

class DiagnosisTextTest {
  private static Diagnosis diagnosis(VectorSupport vector, BackendReport... backends) {
    return new Diagnosis("1.2", "Some VM 25", "Linux amd64", 2, vector, List.of(backends));
  }

  @Test
  void everyBackendComesWithWhatItFound() {
    assertEquals(
        """
        mla4j       1.2
        jvm         Some VM 25
        system      Linux amd64
        processors  2
        vectors     256 bits: eight lanes

        backend         usable  priority  version  level  from
        npu             no      100       0.1      1      /npu.jar
          no device found
        cpu             yes     0         1.2      1      /core.jar
          2 processors
        org.x.Provider  no      0         ?        ?      /x.jar
          threw while it was found\
        """,
        DiagnosisText.of(
            diagnosis(
                new VectorSupport(true, 256, "eight lanes"),
                new BackendReport("npu", "0.1", "/npu.jar", 1, 100, false, "no device found"),
                new BackendReport("cpu", "1.2", "/core.jar", 1, 0, true, "2 processors"),
                new BackendReport(
                    "org.x.Provider", "", "/x.jar", 0, 0, false, "threw while it was found"))));
  }

  @Test
  void missingVectorsSayWhy() {
    assertEquals(
        """
        mla4j       1.2
        jvm         Some VM 25
        system      Linux amd64
        processors  2
        vectors     not usable: add --add-modules jdk.incubator.vector

        no backend found, not even the bundled one\
        """,
        DiagnosisText.of(
            diagnosis(new VectorSupport(false, 0, "add --add-modules jdk.incubator.vector"))));
  }
}
