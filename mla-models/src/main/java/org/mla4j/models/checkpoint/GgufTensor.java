package org.mla4j.models.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

/**
 * A tensor of a GGUF file.
 *
 * @param name in the words of the file
 * @param typeNumber its element type
 * @param shape outermost extent first; the file has them the other way round
 * @param file the file it is in
 * @param position the byte where the header speaks of it
 * @param offset of its elements: from the start of the data, as the header says it, until {@link
 *     #placed}, then from the start of the file
 */
record GgufTensor(
    String name, int typeNumber, Shape shape, MappedFile file, long position, long offset) {
  /** What the format allows. */
  private static final int MAX_AXES = 4;

  /** The bytes that the header needs for one, if its name is empty and it has no axes. */
  static final int LEAST_BYTES = 24;

  static GgufTensor read(MappedFile file, GgufCursor cursor) {
    long at = cursor.position();
    String name = cursor.readString("the name of a tensor");
    String what = "tensor '" + Excerpt.of(name) + "'";
    long axesAt = cursor.position();
    int axes = cursor.readInt("the number of axes of " + what);
    if (axes < 0 || axes > MAX_AXES) {
      throw cursor.malformed(
          axesAt, what + " has " + Integer.toUnsignedString(axes) + " axes", "at most " + MAX_AXES);
    }
    long extentsAt = cursor.position();
    long[] extents = new long[axes];
    for (int axis = axes - 1; axis >= 0; axis--) {
      extents[axis] = cursor.readLong("the extents of " + what);
    }
    int type = cursor.readInt("the type of " + what);
    long offset = cursor.readLong("the offset of " + what);
    try {
      return new GgufTensor(name, type, Shape.of(extents), file, at, offset);
    } catch (InvalidInputException e) {
      throw cursor.malformed(
          extentsAt,
          what + " has extents " + Arrays.toString(extents),
          "extents of 0 or more whose product fits 63 bits");
    }
  }

  /** The same tensor with its place in the file, whose data begin at a byte. */
  GgufTensor placed(long dataStart) {
    return new GgufTensor(name, typeNumber, shape, file, position, dataStart + offset);
  }

  Optional<GgufType> type() {
    return GgufType.of(typeNumber);
  }

  /** The name of the type, also of one that we never heard of. */
  String typeName() {
    return type().map(GgufType::name).orElse("type " + Integer.toUnsignedString(typeNumber));
  }

  /**
   * Our element type.
   *
   * @throws ModelException if we have none
   */
  DType dtype() {
    return type()
        .flatMap(GgufType::dtype)
        .orElseThrow(() ->
            new ModelException(
                ErrorCode.UNSUPPORTED_DTYPE,
                file.path()
                    + ": tensor '"
                    + name
                    + "' is stored as "
                    + typeName()
                    + ", which cannot be read; expected one of "
                    + GgufType.readable()
                    + "."));
  }

  /** Bytes of the elements; at least none if nobody knows how large such elements are. */
  long bytes(GgufCursor cursor) {
    if (type().isEmpty()) {
      return 0;
    }
    GgufType type = type().get();
    long row = shape.rank() == 0 ? 1 : shape.extent(-1);
    if (row % type.blockElements() != 0) {
      throw cursor.malformed(
          position,
          describe() + " has rows of " + row,
          "a multiple of the " + type.blockElements() + " elements of a block");
    }
    try {
      return Math.multiplyExact(shape.elements() / type.blockElements(), (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw cursor.malformed(
          position, describe() + " needs more bytes than 63 bits count", "fewer");
    }
  }

  String describe() {
    return "tensor '" + Excerpt.of(name) + "', " + typeName() + " " + shape + ",";
  }
}
