package org.mla4j.models.plugin;

import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;

/** A plug-in with an attention op that takes hidden states and leaves nothing to do. */
public final class WholeAttention extends OwnPlugin {
  @Override
  public String name() {
    return "whole-attention";
  }

  @Override
  public Backend open(EngineContext context) {
    return new Backend() {
      @Override
      public Set<String> ops() {
        return Set.of(MlaAttention.TYPE);
      }

      @Override
      public List<AttentionForm> attentionForms() {
        return List.of(new AttentionForm(InputStage.HIDDEN, OutputForm.HIDDEN));
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        MlaAttention attention = (MlaAttention) op;
        NaiveAttention naive =
            new NaiveAttention(
                new MultiHeadLatentAttention.Call(
                    attention.layer(),
                    attention.spec(),
                    attention.weightsByRole(),
                    attention.ropeTable(),
                    attention.query(),
                    attention.cache(),
                    attention.out()),
                bindings);
        return new Kernel() {
          @Override
          public void forward(StepDescription step, Queue queue) {
            naive.forward(step, queue);
          }

          @Override
          public void close() {
            naive.close();
          }
        };
      }

      @Override
      public void close() {}
    };
  }
}
