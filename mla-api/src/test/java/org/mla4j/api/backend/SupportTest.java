package org.mla4j.api.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SupportTest {
  @Test
  void yesNeedsNoReason() {
    assertEquals(new Support.Yes(), Support.yes());
    assertEquals(Support.yes(), Support.unless(List.of()));
  }

  @Test
  void noKeepsAllReasonsInOrder() {
    assertEquals(new Support.No(List.of("a", "b")), Support.no("a", "b"));
    assertEquals(Support.no("a", "b"), Support.unless(List.of("a", "b")));
  }

  @Test
  void noNeedsAReason() {
    assertRefused(
        "Support.No without a reason; expected at least one. [MLA-0302]", () -> Support.no());
  }

  @Test
  void reasonsAreNotChangedBehindItsBack() {
    List<String> reasons = new ArrayList<>(List.of("a"));
    Support no = Support.unless(reasons);
    reasons.add("b");
    assertEquals(Support.no("a"), no);
  }
}
