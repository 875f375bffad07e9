package org.mla4j.core.execution;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.core.plan.StepPlan;

/** What the step that ran last computed. Token ids are on the host; logits may be on a device. */
public final class StepResults {
  private final PlanMemory memory;
  private final StepTensor logits;
  private final StepTensor sampled;

  StepResults(StepPlan plan, PlanMemory memory) {
    this.memory = memory;
    this.logits = memory.bindings(plan.residency().logits().device()).tensor(plan.logits());
    this.sampled = memory.bindings(HostStorage.DEVICE).tensor(plan.sampled());
  }

  /**
   * Returns the token drawn from a row of logits.
   *
   * @param row a live logit row
   * @return the token id
   */
  public int sampled(int row) {
    return sampled
        .tensor()
        .segment()
        .get(
            ValueLayout.JAVA_INT_UNALIGNED,
            sampled.tensor().byteOffset() + row * sampled.rowBytes());
  }

  /**
   * Returns a row of logits, read from the device that computed it.
   *
   * @param row a live logit row
   * @return a copy, one number per token id
   */
  public float[] logits(int row) {
    long offset = logits.tensor().byteOffset() + row * logits.rowBytes();
    float[] values = new float[Math.toIntExact(logits.tensor().shape().extent(1))];
    switch (logits.tensor().storage()) {
      case HostStorage host ->
          MemorySegment.copy(
              host.segment(), ValueLayout.JAVA_FLOAT_UNALIGNED, offset, values, 0, values.length);
      case DeviceStorage device -> memory.read(device, offset, MemorySegment.ofArray(values));
    }
    return values;
  }
}
