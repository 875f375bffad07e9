package org.mla4j.tck.plain;

import java.util.List;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.VendorSample;

/** Examples of the op of the plain backend's own. */
public final class OwnOpSamples {
  private static final double SINGLE_PRECISION = 1e-5;

  private OwnOpSamples() {}

  /** Whole buffers, a view of a wider one, and single elements. */
  public static List<VendorSample> all() {
    StepValue view = value("wide", 24).narrow("view", 0, 5, 7);
    return List.of(
        sample("buffers", value("x", 20), value("y", 20)),
        sample("a view", view, value("y", 7)),
        sample("one element", value("x", 1), value("y", 1)));
  }

  private static VendorSample sample(String name, StepValue x, StepValue y) {
    return new VendorSample(name, new AddSilu(x, y), SINGLE_PRECISION);
  }

  private static StepValue value(String name, long width) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, width);
  }
}
