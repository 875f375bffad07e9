package org.mla4j.api.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.api.diagnosis.Diagnosis.BackendReport;
import org.mla4j.api.diagnosis.Diagnosis.VectorSupport;

class DiagnosisTest {
  private static final BackendReport CPU =
      new BackendReport("cpu", "1", "mla-core.jar", 1, 0, true, "2 processors");

  @Test
  void isNotChangedBehindItsBack() {
    List<BackendReport> backends = new ArrayList<>(List.of(CPU));
    Diagnosis diagnosis =
        new Diagnosis("1", "jvm", "linux", 2, new VectorSupport(true, 512, "512 bits"), backends);
    backends.clear();
    assertEquals(List.of(CPU), diagnosis.backends());
    assertThrows(UnsupportedOperationException.class, () -> diagnosis.backends().clear());
  }
}
