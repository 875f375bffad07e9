package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mla4j.models.verify.VerificationReport;
import org.mla4j.models.verify.VerificationReport.Form;
import org.mla4j.models.verify.VerificationReport.GreedyCheck;
import org.mla4j.models.verify.VerificationReport.TensorCheck;

class VerificationTextTest {
  private static VerificationReport report(List<TensorCheck> tensors, GreedyCheck... greedy) {
    return new VerificationReport("tiny", 1e-4, tensors, List.of(greedy));
  }

  @Test
  void theLastLineIsTheVerdict() {
    assertEquals(
        """
        tensor   form     worst error  bound
        logits   prefill  2.5e-06      1.0e-04  ok
        attn0.q  decode   -            1.0e-04  ok (layer 'a' runs whole)

        greedy  form     tokens
        p1      prefill  2       ok

        PASS: tiny: 2 of 2 tensors within the bound, 1 of 1 continuations equal\
        """,
        VerificationText.of(
            report(
                List.of(
                    new TensorCheck(Form.PREFILL, "logits", 2.5e-6, true, ""),
                    new TensorCheck(
                        Form.DECODE, "attn0.q", Double.NaN, true, "layer 'a' runs whole")),
                new GreedyCheck(Form.PREFILL, "p1", List.of(4, 5), List.of(4, 5)))));
  }

  @Test
  void theFirstDifferenceIsShown() {
    assertEquals(
        """
        tensor  form     worst error  bound
        logits  prefill  1.2e-02      1.0e-04  FAIL

        greedy  form     tokens
        p1      prefill  3       FAIL (token 1: expected 5, found 9)
        p2      decode   2       FAIL (expected 2 tokens, found 1)

        FAIL: tiny: 0 of 1 tensors within the bound, 0 of 2 continuations equal\
        """,
        VerificationText.of(
            report(
                List.of(new TensorCheck(Form.PREFILL, "logits", 1.23e-2, false, "")),
                new GreedyCheck(Form.PREFILL, "p1", List.of(4, 5, 6), List.of(4, 9, 6)),
                new GreedyCheck(Form.DECODE, "p2", List.of(1, 2), List.of(1)))));
  }

  @Test
  void jsonHasVerdictsAndNoNumberThatJsonLacks() {
    assertEquals(
        """
        {"model":"tiny","tolerance":1.0E-4,"passed":false,\
        "tensors":[{"form":"PREFILL","tensor":"logits","error":null,"passed":false,"note":"unseen"}],\
        "greedy":[{"form":"DECODE","prompt":"p1","expected":[4],"found":[5],"passed":false}]}\
        """,
        Json.line(
            Verification.of(
                report(
                    List.of(new TensorCheck(Form.PREFILL, "logits", Double.NaN, false, "unseen")),
                    new GreedyCheck(Form.DECODE, "p1", List.of(4), List.of(5))))));
  }
}
