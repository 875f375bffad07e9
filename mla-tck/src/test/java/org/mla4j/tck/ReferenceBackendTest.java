package org.mla4j.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A backend that runs the references passes, and nothing of it is skipped")
class ReferenceBackendTest {
  @Test
  void passesAllButWhatCostsNothing() {
    // It captures nothing, and has no device but the host.
    EnumSet<RuleGroup> groups =
        EnumSet.complementOf(EnumSet.of(RuleGroup.COST, RuleGroup.DEVICE, RuleGroup.GRAPH));
    ConformanceReport report =
        Conformance.run(
            new ReferenceBackend.Provider(),
            ConformanceSettings.quick().groups(groups.toArray(RuleGroup[]::new)));
    assertEquals(List.of(), report.failures(), report::text);
    List<Rule> unused = new ArrayList<>(Rules.all());
    unused.removeIf(rule -> !groups.contains(rule.group()));
    report.results().stream()
        .filter(result -> result.outcome() instanceof Outcome.Passed)
        .forEach(result -> unused.remove(result.rule()));
    unused.remove(Rules.OWN_OPS);
    unused.remove(Rules.OWN_OPS_SAMPLED);
    assertEquals(List.of(), unused, "rules of which no case met a kernel");
    assertTrue(report.text().contains("R-OP-101"));
  }
}
