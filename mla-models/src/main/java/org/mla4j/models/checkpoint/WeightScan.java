package org.mla4j.models.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ProgressListener;

/**
 * Looks for weights that are NaN or infinite. One is enough to make every output of a model NaN,
 * and by then nobody can tell where it came from.
 */
public final class WeightScan {
  private static final String PHASE = "weights checked";

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private WeightScan() {}

  /**
   * Reads every tensor of a float type, block scales included, whether a model uses it or not. They
   * are read where they are mapped and nothing is copied; it takes as long as reading the files.
   *
   * @param checkpoint the weights
   * @param progress told how many tensors are done
   * @return the tensors with elements that are not finite, in the order of the files
   * @throws org.mla4j.api.error.ClosedException if the checkpoint is closed
   */
  public static List<NonFiniteTensor> scan(Checkpoint checkpoint, ProgressListener progress) {
    List<NonFiniteTensor> found = new ArrayList<>();
    int done = 0;
    for (Checkpoint.Place place : checkpoint.places()) {
      Optional<NonFiniteBits> bits = NonFiniteBits.of(place.entry().dtype());
      NonFiniteTensor bad = bits.isEmpty() ? null : scan(place, bits.get());
      if (bad != null) {
        found.add(bad);
      }
      progress.progress(PHASE, ++done, checkpoint.places().size());
    }
    return List.copyOf(found);
  }

  private static @Nullable NonFiniteTensor scan(Checkpoint.Place place, NonFiniteBits bits) {
    SafetensorsHeader.Entry entry = place.entry();
    MappedFile file = place.file();
    file.hold(entry.name());
    try {
      MemorySegment elements = file.segment().asSlice(entry.offset(), entry.bytes());
      long count = 0;
      long first = 0;
      for (long word = 0; word * WORD.byteSize() < elements.byteSize(); word++) {
        long marks = bits.marks(word(elements, word * WORD.byteSize()));
        if (marks != 0) {
          first = count == 0 ? word * bits.perWord() + bits.before(marks) : first;
          count += Long.bitCount(marks);
        }
      }
      return count == 0
          ? null
          : new NonFiniteTensor(
              entry.name(), file.path(), entry.dtype().name(), entry.shape(), first, count);
    } finally {
      file.release();
    }
  }

  /** Eight bytes; beyond the last one zeros, which are finite in every type. */
  private static long word(MemorySegment elements, long offset) {
    long left = elements.byteSize() - offset;
    if (left >= WORD.byteSize()) {
      return elements.get(WORD, offset);
    }
    long word = 0;
    for (long i = 0; i < left; i++) {
      word |= (elements.get(ValueLayout.JAVA_BYTE, offset + i) & 0xFFL) << (Byte.SIZE * i);
    }
    return word;
  }
}
