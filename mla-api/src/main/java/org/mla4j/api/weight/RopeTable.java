package org.mla4j.api.weight;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;

/**
 * The cos-sin table of a rope as a weight that is computed rather than stored.
 *
 * <p>Shape {@code [positions, dim]}, F32; row {@code p} is {@code cos(p f_0) .. cos(p f_(dim/2-1)),
 * sin(p f_0) ..}, each multiplied by the {@linkplain RopeSpec#attentionFactor() attention factor}.
 * As in the reference, frequency and angle are rounded to binary32 before the cosine is taken.
 */
public final class RopeTable implements WeightHandle {
  private final RopeSpec spec;
  private final int positions;

  private RopeTable(RopeSpec spec, int positions) {
    this.spec = spec;
    this.positions = positions;
  }

  /**
   * Describes a table.
   *
   * @param spec the rope
   * @param positions rows; at most the spec's {@code maxPositions}
   * @return the handle; nothing is computed yet
   * @throws InvalidInputException if more rows are wanted than the rope has positions
   */
  public static RopeTable of(RopeSpec spec, int positions) {
    if (positions < 1 || positions > spec.maxPositions()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC,
          "Rope table of "
              + positions
              + " positions; expected 1 to maxPositions = "
              + spec.maxPositions()
              + ".");
    }
    return new RopeTable(spec, positions);
  }

  /**
   * Returns the rope that is tabulated.
   *
   * @return the spec
   */
  public RopeSpec spec() {
    return spec;
  }

  @Override
  public String name() {
    return "rope_table[theta=" + spec.theta() + ", dim=" + spec.dim() + "]";
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public Shape shape() {
    return Shape.of(positions, spec.dim());
  }

  @Override
  public boolean isPlain() {
    return false;
  }

  @Override
  public WeightLease lease() {
    throw new ModelException(
        ErrorCode.UNSUPPORTED_DTYPE,
        "Weight '" + name() + "' is computed, not stored; materialise it instead.");
  }

  @Override
  public void materialise(Tensor target) {
    boolean writable =
        target.dtype() == DType.F32 || target.dtype() == DType.BF16 || target.dtype() == DType.F16;
    if (!writable || !target.shape().equals(shape()) || !target.isDense()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_PLAN,
          "Weight '"
              + name()
              + "': expected a dense target of type F32, F16 or BF16 and shape "
              + shape()
              + ", found "
              + target
              + ".");
    }
    MemorySegment segment = target.segment();
    double[] frequencies = spec.inverseFrequencies(positions);
    float factor = (float) spec.attentionFactor();
    int half = frequencies.length;
    int elementBytes = target.dtype().byteSize();
    long offset = target.byteOffset();
    for (int position = 0; position < positions; position++) {
      for (int i = 0; i < half; i++) {
        float angle = (float) position * (float) frequencies[i];
        long cos = offset + (long) elementBytes * i;
        write(target.dtype(), segment, cos, (float) Math.cos(angle) * factor);
        write(
            target.dtype(),
            segment,
            cos + (long) elementBytes * half,
            (float) Math.sin(angle) * factor);
      }
      offset += (long) elementBytes * spec.dim();
    }
  }

  private static void write(DType dtype, MemorySegment segment, long offset, float value) {
    switch (dtype) {
      case BF16 -> segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, BFloat16.fromFloat(value));
      case F16 ->
          segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, Float.floatToFloat16(value));
      default -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
    }
  }

  /**
   * Computes the table into new memory.
   *
   * @param arena who owns the memory
   * @return a dense tensor
   */
  public Tensor materialise(Arena arena) {
    Tensor table = Tensor.dense(DType.F32, shape(), arena.allocate(4 * shape().elements(), 64));
    materialise(table);
    return table;
  }
}
