package org.mla4j.opencl.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.BackendException;

/** What is common to all kernels; needs a device. */
class OpenDeviceTest {
  private static final String ROWS = "-D GROUP=64";

  @TempDir Path folder;

  @Test
  void compiledProgramsAreKept() throws IOException {
    for (int run = 0; run < 2; run++) {
      try (OpenDevice device = OpenDevice.open(info(), Optional.of(folder))) {
        device.kernel("rows", ROWS, "add").close();
      }
      assertEquals(1, kept().size(), kept()::toString);
    }
  }

  @Test
  void aKeptProgramThatIsNoProgramIsCompiledAnew() throws IOException {
    try (OpenDevice device = OpenDevice.open(info(), Optional.of(folder))) {
      device.kernel("rows", ROWS, "add").close();
    }
    Path file = kept().getFirst();
    byte[] good = Files.readAllBytes(file);
    Files.write(file, new byte[] {1, 2, 3});
    try (OpenDevice device = OpenDevice.open(info(), Optional.of(folder))) {
      device.kernel("rows", ROWS, "add").close();
    }
    assertTrue(Files.size(file) > good.length / 2, "the file was written again");
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("opencl"))) {
      return files.toList();
    }
  }

  @Test
  void theCompilersWordsAreInTheMessage() {
    try (OpenDevice device = OpenDevice.open(info(), Optional.empty())) {
      BackendException e =
          assertThrows(
              BackendException.class, () -> device.kernel("rows", "-D GROUP=nonsense", "add"));
      assertTrue(
          e.getMessage()
              .startsWith(
                  device.info().label() + " does not compile 'rows.cl' with '-D GROUP=nonsense': "),
          e::getMessage);
      assertTrue(e.getMessage().contains("nonsense'"), e::getMessage);
    }
  }

  @Test
  void memoryThatThereIsNotSaysWhoHasIt() {
    try (OpenDevice device = OpenDevice.open(info(), Optional.empty())) {
      device.memory().allocate("cache", 1000);
      long tooMuch = device.info().largestBuffer() + 1;
      BackendException e =
          assertThrows(BackendException.class, () -> device.memory().allocate("weights", tooMuch));
      assertEquals(
          device.info().label()
              + ": "
              + tooMuch
              + " bytes wanted for weights of "
              + device.info().globalBytes()
              + " in all, in use cache 1024: the device's buffers have at most "
              + device.info().largestBuffer()
              + ". [MLA-0108]",
          e.getMessage());
      assertEquals(Map.of("cache", 1024L), device.memory().inUse());
    }
  }

  @Test
  void whatIsNotReleasedIsCounted() {
    OpenDevice device = OpenDevice.open(info(), Optional.empty());
    ClKernel kernel = device.kernel("rows", ROWS, "add");
    assertEquals(Map.of("context", 1, "queue", 1, "program", 1, "kernel", 1), device.handles());
    BackendException e = assertThrows(BackendException.class, device::close);
    assertEquals(
        device.info().label() + " was closed with native objects in use: {kernel=1}. [MLA-0110]",
        e.getMessage());
    kernel.close();
    kernel.close();
    assertEquals(Map.of(), device.handles());
  }

  @Test
  void largeCopiesGoInPieces() {
    byte[] bytes = new byte[(9 << 20) + 13];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i ^ (i >> 12));
    }
    try (OpenDevice device = OpenDevice.open(info(), Optional.empty())) {
      ClBuffer buffer = device.memory().allocate("test", bytes.length + 5);
      device.memory().write(MemorySegment.ofArray(bytes), buffer, 5);
      byte[] found = new byte[bytes.length];
      device.memory().read(buffer, 5, MemorySegment.ofArray(found));
      assertArrayEquals(bytes, found);
    }
  }

  private static DeviceInfo info() {
    return switch (Discovery.look()) {
      case Discovery.Result.Devices found -> found.all().getFirst();
      case Discovery.Result.Nothing(String reason) -> abort(reason);
    };
  }
}
