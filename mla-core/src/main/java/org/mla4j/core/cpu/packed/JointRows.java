package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightHandle;

/**
 * A half of a joint up-projection {@code [heads * (key + value), latent]}, section by section of a
 * head: the rows of values, or the rows of keys turned over, whose columns then are those of a key.
 */
final class JointRows implements RowSource {
  private final MaterialisedRows joint;
  private final HeadShape shape;
  private final boolean isOfKeys;
  private final int elementBytes;

  /**
   * Materialises the projection until this is closed.
   *
   * @param joint the projection
   * @param dtype F32, BF16 or F16
   * @param shape what a head has of it
   * @param isOfKeys which half
   */
  JointRows(WeightHandle joint, DType dtype, HeadShape shape, boolean isOfKeys) {
    this.shape = shape;
    this.isOfKeys = isOfKeys;
    elementBytes = dtype.byteSize();
    this.joint = new MaterialisedRows(joint, dtype);
  }

  @Override
  public long rowBytes() {
    return (long) elementBytes * (isOfKeys ? shape.key() : shape.latent());
  }

  @Override
  public void read(int section, int row, MemorySegment target) {
    long firstRow = (long) section * (shape.key() + shape.value());
    long latentBytes = (long) elementBytes * shape.latent();
    MemorySegment elements = joint.elements();
    if (!isOfKeys) {
      long at = (firstRow + shape.key() + row) * latentBytes;
      MemorySegment.copy(elements, at, target, 0, target.byteSize());
      return;
    }
    for (long to = 0; to < target.byteSize(); to += elementBytes) {
      long element = to / elementBytes;
      long column = row + element / shape.key();
      long at = (firstRow + element % shape.key()) * latentBytes + column * elementBytes;
      if (elementBytes == 4) {
        target.set(
            ValueLayout.JAVA_INT_UNALIGNED, to, elements.get(ValueLayout.JAVA_INT_UNALIGNED, at));
      } else {
        target.set(
            ValueLayout.JAVA_SHORT_UNALIGNED,
            to,
            elements.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
      }
    }
  }

  @Override
  public void close() {
    joint.close();
  }
}
