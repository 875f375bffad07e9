package org.mla4j.opencl.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryTest {
  @TempDir Path folder;

  @Test
  void driversThatCouldNotBeLoadedAreNamed() throws IOException {
    Files.writeString(folder.resolve("b.icd"), "libgone.so\n");
    Files.writeString(folder.resolve("a.icd"), "/opt/wrong/libcl.so\n");
    Files.writeString(folder.resolve("readme.txt"), "no driver");
    assertEquals(
        ": could not load '/opt/wrong/libcl.so' of "
            + folder.resolve("a.icd")
            + ", 'libgone.so' of "
            + folder.resolve("b.icd"),
        Discovery.registered(folder));
  }

  @Test
  void noRegisteredDriverIsSaid() {
    assertEquals(", and no driver is registered in " + folder, Discovery.registered(folder));
    Path missing = folder.resolve("missing");
    assertEquals(", and no driver is registered in " + missing, Discovery.registered(missing));
  }
}
