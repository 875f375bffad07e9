package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.BlockCodec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

/** Writes the rows of one tensor in its type. */
final class RowEncoder {
  private final GgufEncoder encoder;
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final int width;
  private long written;

  RowEncoder(GgufEncoder encoder, String name, DType dtype, Shape shape) {
    this.encoder = encoder;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.width = Math.toIntExact(shape.extent(-1));
  }

  void writeAll(RowSource source) throws IOException {
    long rows = width == 0 ? 0 : shape.elements() / width;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment encoded = arena.allocate(Math.max(1, dtype.byteCount(width)));
      source.forEachRow(row -> {
        if (row.length != width || written == rows) {
          throw refused("a row more, of " + row.length);
        }
        write(row, encoded);
        written++;
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (written != rows) {
      throw refused(written + " rows");
    }
  }

  private void write(float[] row, MemorySegment encoded) {
    if (dtype.isBlockType()) {
      encodeBlocks(row, encoded);
    } else {
      encode(row, encoded);
    }
    try {
      encoder.putBytes(encoded.asByteBuffer());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void encodeBlocks(float[] row, MemorySegment encoded) {
    try {
      BlockCodec.encode(dtype, row, 0, width, encoded, 0);
    } catch (InvalidInputException e) {
      String reason = String.valueOf(e.getMessage()).replace(" [" + e.code().id() + "]", "");
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, "Tensor '" + name + "', row " + written + ": " + reason, e);
    }
  }

  private void encode(float[] row, MemorySegment encoded) {
    for (int i = 0; i < width; i++) {
      float value = row[i];
      float rounded;
      switch (dtype) {
        case F32 -> {
          encoded.set(ElementReader.FLOAT, 4L * i, value);
          rounded = value;
        }
        case BF16 -> {
          short bits = BFloat16.fromFloat(value);
          encoded.set(ElementReader.SHORT, 2L * i, bits);
          rounded = BFloat16.toFloat(bits);
        }
        case F16 -> {
          short bits = Float.floatToFloat16(value);
          encoded.set(ElementReader.SHORT, 2L * i, bits);
          rounded = Float.float16ToFloat(bits);
        }
        default -> throw new IllegalStateException("refused by the writer");
      }
      if (Float.isInfinite(rounded) && !Float.isInfinite(value)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Tensor '"
                + name
                + "', row "
                + written
                + ": element "
                + i
                + " is "
                + value
                + ", beyond the range of "
                + dtype
                + "; expected another type.");
      }
    }
  }

  private InvalidInputException refused(String found) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Tensor '" + name + "' is given " + found + "; expected the rows of " + shape + ".");
  }
}
