package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mla4j.models.testing.Refusals.assertModelRefused;
import static org.mla4j.models.testing.Refusals.assertRefused;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;
import org.mla4j.models.testing.SafetensorsFile;

/** Bytes of stored weights, read past the mapping. */
class WeightReadTest {
  /** More than one piece of every size that is read at a time, and no multiple of one. */
  private static final int BYTES = 9_000_001;

  @TempDir Path folder;
  private final byte[] bytes = new byte[BYTES];
  private Path file;
  private Checkpoint checkpoint;
  private WeightHandle weight;

  @BeforeEach
  void open() {
    new Random(3).nextBytes(bytes);
    file =
        new SafetensorsFile()
            .tensor("before", "I8", new byte[3], 3)
            .tensor("codes", "F8_E4M3", bytes, BYTES)
            .write(folder.resolve("model.safetensors"));
    checkpoint = Checkpoint.open(folder);
    weight = checkpoint.require("codes");
  }

  @AfterEach
  void close() {
    checkpoint.close();
  }

  @Test
  void arriveInNativeMemoryAndInArrays() {
    assertArrayEquals(bytes, read(0, BYTES));
    assertArrayEquals(Arrays.copyOfRange(bytes, 17, BYTES - 5), read(17, BYTES - 22));
    byte[] array = new byte[BYTES - 1];
    weight.read(1, MemorySegment.ofArray(array));
    assertArrayEquals(Arrays.copyOfRange(bytes, 1, BYTES), array);
    int[] words = new int[300_000];
    weight.read(2, MemorySegment.ofArray(words));
    assertArrayEquals(
        Arrays.copyOfRange(bytes, 2, 2 + Integer.BYTES * words.length),
        MemorySegment.ofArray(words).toArray(ValueLayout.JAVA_BYTE));
    assertArrayEquals(new byte[0], read(BYTES, 0));
  }

  @Test
  void areThoseOfTheWeightOnly() {
    assertRefused(
        "Weight 'codes': 2 bytes were asked for from byte 9000000; expected some of its 9000001."
            + " [MLA-0302]",
        () -> read(BYTES - 1, 2));
    assertRefused(
        "Weight 'codes': 1 bytes were asked for from byte -1; expected some of its 9000001."
            + " [MLA-0302]",
        () -> read(-1, 1));
  }

  /** An interrupt closes a channel that is read: it must be nobody else's, and harm no read. */
  @Test
  void comeToAThreadThatIsInterrupted() {
    Thread.currentThread().interrupt();
    byte[] read = read(0, BYTES);
    assertTrue(Thread.interrupted(), "the thread has forgotten that it is interrupted");
    assertArrayEquals(bytes, read);
    assertArrayEquals(bytes, read(0, BYTES));
  }

  @Test
  void areRefusedAfterClose() {
    try (WeightLease open = weight.lease()) {
      checkpoint.close();
      ClosedException e = assertThrows(ClosedException.class, () -> read(0, 1));
      assertEquals(
          "Weight 'codes' was asked of checkpoint file '"
              + file
              + "' after it was closed. [MLA-0403]",
          e.getMessage());
      assertEquals(BYTES, open.tensor().segment().byteSize());
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void areNotThoseOfAFileThatTookThePlace() throws IOException {
    Path other = folder.resolve("other");
    Files.copy(file, other);
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertModelRefused(another(), () -> read(0, 1));
  }

  @Test
  void areNotThoseOfAFileThatHasGrown() throws IOException {
    Files.write(file, new byte[1], StandardOpenOption.APPEND);
    assertModelRefused(another(), () -> read(0, 1));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void leaveNoPageOfTheFileInTheProcess() throws IOException {
    long before = residentBytes();
    read(0, BYTES);
    assertEquals(before, residentBytes());
    try (WeightLease lease = weight.lease()) {
      // That is what reading the mapping does, and that the measure sees it.
      assertEquals(
          bytes[BYTES / 2], lease.tensor().segment().get(ValueLayout.JAVA_BYTE, BYTES / 2));
    }
    assertTrue(residentBytes() > before);
  }

  /** Bytes of the mapped file that are resident in this process. */
  private long residentBytes() throws IOException {
    long kibibytes = 0;
    boolean ofFile = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        ofFile = line.endsWith(file.toRealPath().toString());
      } else if (ofFile && line.startsWith("Rss:")) {
        kibibytes += Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return kibibytes << 10;
  }

  private String another() {
    return file
        + " is another file than when it was opened; expected the "
        + checkpoint.byteSize()
        + " bytes that were checked then. [MLA-0204]";
  }

  private byte[] read(long from, long count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(count);
      weight.read(from, target);
      return target.toArray(ValueLayout.JAVA_BYTE);
    }
  }
}
