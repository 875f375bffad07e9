package org.mla4j.core.cpu.simd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Native memory")
class NativeMemoryTest {
  /** What {@link NativeMemory} tells C2 is true of all memory of kernels. */
  @Test
  @DisplayName("allocated and mapped memory is of the type of native memory, arrays are not")
  void allocatedAndMappedMemoryIsOfTheTypeOfNativeMemory(@TempDir Path directory)
      throws IOException {
    Class<?> type = MemorySegment.NULL.getClass();
    Path file = Files.write(directory.resolve("file"), new byte[] {1});
    try (Arena arena = Arena.ofShared();
        FileChannel channel = FileChannel.open(file)) {
      assertTrue(type.isInstance(arena.allocate(64)));
      assertTrue(type.isInstance(channel.map(MapMode.READ_ONLY, 0, 1, arena)));
    }
    assertFalse(type.isInstance(MemorySegment.ofArray(new float[1])));
  }

  @Test
  @DisplayName("a segment stays the same, whatever it is of")
  void segmentStaysTheSame() {
    MemorySegment array = MemorySegment.ofArray(new float[1]);
    assertSame(array, NativeMemory.of(array));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(64);
      assertSame(memory, NativeMemory.of(memory));
    }
  }
}
