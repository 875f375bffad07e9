package org.mla4j.models.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/** A weight that lies in a mapped file as a plain tensor, or as a part of one. */
final class StoredWeight implements WeightHandle {
  /** Elements converted at a time: they fit the first-level cache. */
  private static final int RUN = 2048;

  /** Bytes read at a time into memory that channels do not know: it is copied in the cache. */
  private static final long PIECE = 1 << 18;

  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final MappedFile file;
  private final long offset;
  private final long bytes;

  /**
   * {@code offset} is the byte of the file where it begins; the file is known to hold all of it.
   */
  StoredWeight(String name, DType dtype, Shape shape, MappedFile file, long offset) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.file = file;
    this.offset = offset;
    this.bytes = dtype.byteCount(shape.elements());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public boolean isPlain() {
    return true;
  }

  @Override
  public WeightLease lease() {
    file.hold(name);
    MemorySegment stored = file.segment().asSlice(offset, bytes);
    return new Lease(Tensor.dense(dtype, shape, stored));
  }

  @Override
  public void read(long byteOffset, MemorySegment target) {
    if (byteOffset < 0 || byteOffset > bytes - target.byteSize()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name
              + "': "
              + target.byteSize()
              + " bytes were asked for from byte "
              + byteOffset
              + "; expected some of its "
              + bytes
              + ".");
    }
    if (target.isNative()) {
      file.read(name, offset + byteOffset, target);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(Math.max(1, Math.min(PIECE, target.byteSize())));
      for (long done = 0; done < target.byteSize(); done += PIECE) {
        MemorySegment piece = copy.asSlice(0, Math.min(PIECE, target.byteSize() - done));
        file.read(name, offset + byteOffset + done, piece);
        MemorySegment.copy(piece, 0, target, done, piece.byteSize());
      }
    }
  }

  @Override
  public void materialise(Tensor target) {
    ElementWriter writer = new ElementWriter(this, target);
    try (WeightLease lease = lease()) {
      Tensor stored = lease.tensor();
      if (target.dtype() == dtype) {
        MemorySegment.copy(stored.segment(), 0, target.segment(), target.byteOffset(), bytes);
        return;
      }
      long elements = shape.elements();
      float[] run = new float[(int) Math.min(RUN, elements)];
      for (long element = 0; element < elements; element += RUN) {
        int count = (int) Math.min(RUN, elements - element);
        ElementReader.read(stored, element, run, count);
        writer.write(run, count, element);
      }
    }
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + shape;
  }

  private final class Lease implements WeightLease {
    private final Tensor tensor;
    private final AtomicBoolean open = new AtomicBoolean(true);

    Lease(Tensor tensor) {
      this.tensor = tensor;
    }

    @Override
    public Tensor tensor() {
      if (!open.get()) {
        throw new ClosedException(
            ErrorCode.CLOSED, "The lease on weight '" + name + "' was used after it was closed.");
      }
      return tensor;
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        file.release();
      }
    }
  }
}
