package org.mla4j.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class LanesTest {
  @Test
  void countsAndFindsTheRepository() {
    assertTrue(Lanes.count() == FloatVector.SPECIES_PREFERRED.length());
    Path root = Path.of(System.getProperty("mla.repository"));
    assertTrue(Files.isRegularFile(root.resolve("demo-model/config.json")), root::toString);
  }
}
