package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;
import org.mla4j.models.testing.SafetensorsFile;

/** How long the bytes of a file can be read. */
class LeaseTest {
  private static final float[] VALUES = {1, 2, 3};

  @TempDir Path folder;
  private Checkpoint checkpoint;
  private WeightHandle weight;
  private String afterClose;

  @BeforeEach
  void open() {
    Path file = folder.resolve("model.safetensors");
    // The odd start of "b" is that of any weight behind one of odd size.
    new SafetensorsFile()
        .tensor("a", "I8", new byte[3], 3)
        .floats("b", VALUES, 3)
        .tensor("c", "I8", new byte[5], 5)
        .write(file);
    checkpoint = Checkpoint.open(folder);
    weight = checkpoint.require("b");
    afterClose =
        "Weight 'b' was asked of checkpoint file '" + file + "' after it was closed. [MLA-0403]";
  }

  @AfterEach
  void close() {
    checkpoint.close();
  }

  @Test
  void showsTheWeightAndNothingElse() {
    try (WeightLease lease = weight.lease()) {
      MemorySegment bytes = lease.tensor().segment();
      assertEquals(12, bytes.byteSize());
      assertTrue(bytes.isReadOnly());
      assertArrayEquals(VALUES, bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  @Test
  void outlivesTheCheckpoint() {
    WeightLease first = weight.lease();
    WeightLease second = weight.lease();
    MemorySegment bytes = first.tensor().segment();
    checkpoint.close();
    first.close();
    assertArrayEquals(VALUES, bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    assertTrue(bytes.scope().isAlive());
    second.close();
    assertFalse(bytes.scope().isAlive());
  }

  @Test
  void closedTwiceGivesUpOneHold() {
    WeightLease first = weight.lease();
    WeightLease second = weight.lease();
    MemorySegment bytes = second.tensor().segment();
    checkpoint.close();
    checkpoint.close();
    first.close();
    first.close();
    assertTrue(bytes.scope().isAlive());
    second.close();
    assertFalse(bytes.scope().isAlive());
  }

  @Test
  void isRefusedAfterCloseEvenWhileAnotherKeepsTheFile() {
    WeightLease open = weight.lease();
    checkpoint.close();
    assertRefused(afterClose, weight::lease);
    open.close();
    assertRefused(afterClose, weight::lease);
  }

  @Test
  void isOfNoUseOnceClosed() {
    WeightLease lease = weight.lease();
    lease.close();
    assertRefused(
        "The lease on weight 'b' was used after it was closed. [MLA-0403]", lease::tensor);
  }

  @Test
  void materialisingAfterCloseIsRefused() {
    checkpoint.close();
    try (Arena arena = Arena.ofConfined()) {
      Tensor target = Tensor.dense(DType.F32, Shape.of(3), arena.allocate(12));
      ClosedException e = assertThrows(ClosedException.class, () -> weight.materialise(target));
      assertEquals(afterClose, e.getMessage());
    }
  }

  @Test
  void askingAfterCloseIsRefused() {
    checkpoint.close();
    assertRefused(
        "Tensor 'b' was asked of checkpoint '" + folder + "' after it was closed. [MLA-0403]",
        () -> checkpoint.find("b"));
    // What it is stays known.
    assertEquals(List.of("a", "b", "c"), List.copyOf(checkpoint.names()));
    assertEquals(Shape.of(3), weight.shape());
  }

  @Test
  void manyThreadsMayLeaseWhileOneCloses() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Callable<Integer> reader =
          () -> {
            for (int count = 0; ; count++) {
              try (WeightLease lease = weight.lease()) {
                assertArrayEquals(
                    VALUES, lease.tensor().segment().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
              } catch (ClosedException e) {
                return count;
              }
            }
          };
      List<Future<Integer>> readers =
          IntStream.range(0, 3).mapToObj(i -> threads.submit(reader)).toList();
      Thread.sleep(20);
      checkpoint.close();
      for (Future<Integer> each : readers) {
        assertTrue(each.get() >= 0);
      }
    }
  }

  private static void assertRefused(String message, Callable<?> call) {
    ClosedException e = assertThrows(ClosedException.class, call::call);
    assertEquals(message, e.getMessage());
  }
}
