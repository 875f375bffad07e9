package org.mla4j.tck.plain;

import java.util.List;
import org.mla4j.api.op.ReferenceData;
import org.mla4j.api.op.VendorOp;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * An op of the plain backend's own: {@code x += silu(y)}.
 *
 * @param x F32 {@code [T, W]}, changed in place
 * @param y F32 {@code [T, W]}
 */
record AddSilu(StepValue x, StepValue y) implements VendorOp {
  static final String TYPE = PlainBackendProvider.NAME + ":add_silu";

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Value> reads() {
    return List.of(x, y);
  }

  @Override
  public List<Value> writes() {
    return List.of(x);
  }

  @Override
  public void reference(ReferenceData data) {
    for (int row = 0; row < data.step().count(x.rows()); row++) {
      for (int i = 0; i < x.rowWidth(); i++) {
        double number = data.get(y, row, i);
        data.set(x, row, i, data.get(x, row, i) + number / (1 + Math.exp(-number)));
      }
    }
  }
}
