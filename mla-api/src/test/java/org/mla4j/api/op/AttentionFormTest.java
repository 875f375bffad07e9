package org.mla4j.api.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;

class AttentionFormTest {
  @Test
  void theCoresOwnSplitLiesBetweenRopeAndHeads() {
    assertEquals(new AttentionForm(InputStage.ROPED, OutputForm.HEADS), AttentionForm.DEFAULT);
  }

  @Test
  void isWrittenInWords() {
    assertEquals("roped -> heads", AttentionForm.DEFAULT.toString());
    assertEquals(
        "latents -> hidden", new AttentionForm(InputStage.LATENTS, OutputForm.HIDDEN).toString());
  }
}
