package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.step.StepDescription;

/** A layer taken whole: attention from hidden states to hidden states. */
final class WholeLayer implements MultiHeadLatentAttention {
  private static final AttentionForm WHOLE =
      new AttentionForm(InputStage.HIDDEN, OutputForm.HIDDEN);

  private final AttentionPipeline pipeline;

  WholeLayer(Call call, Bindings bindings, PlainContext context) {
    pipeline =
        new AttentionPipeline(
            new MlaAttention(
                call.layer(),
                call.spec(),
                call.weightsByRole(),
                call.ropeTable(),
                WHOLE,
                call.hidden(),
                null,
                null,
                null,
                call.cache(),
                call.output()),
            bindings,
            context);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    pipeline.forward(step, queue);
  }
}
