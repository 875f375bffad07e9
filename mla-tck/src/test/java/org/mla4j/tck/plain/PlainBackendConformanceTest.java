package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.tck.Conformance;
import org.mla4j.tck.ConformanceReport;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Outcome;
import org.mla4j.tck.Rules;

/** A backend that shares no line with {@code cpu} passes the whole kit, whatever it offers. */
class PlainBackendConformanceTest {
  /** What the backend is told to offer. */
  enum Offer {
    /** Ops and fused ops. */
    OPS(PlainOptions.DEFAULT),
    /** Everything: whole layers, attention of all forms, several layouts. */
    EVERYTHING(everything()),
    /** Everything, on a device of its own. */
    DEVICE(everything().withDevice());

    final PlainOptions options;

    Offer(PlainOptions options) {
      this.options = options;
    }
  }

  /** Whole layers, attention of all forms, several layouts. */
  static PlainOptions everything() {
    return PlainOptions.DEFAULT
        .withForms(PlainOptions.ALL_FORMS)
        .withWholeLayer()
        .withLayouts(
            new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 8),
            new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0),
            new CacheLayout(Arrangement.ROWS, RopeOrder.DEINTERLEAVED, 0),
            CacheLayout.ROW_MAJOR);
  }

  @ParameterizedTest
  @EnumSource
  void passesTheKit(Offer offer) {
    ConformanceReport report =
        Conformance.run(
            new PlainBackendProvider(offer.options),
            ConformanceSettings.quick().samples(OwnOpSamples.all()));
    assertEquals(List.of(), report.failures(), report::text);
    assertTrue(report.count(Outcome.Passed.class) > 0, report::text);
  }

  @Test
  void itsOwnOpIsRun() {
    ConformanceReport report =
        Conformance.run(
            new PlainBackendProvider(),
            ConformanceSettings.quick()
                .samples(OwnOpSamples.all())
                .rules(Rules.OWN_OPS, Rules.OWN_OPS_SAMPLED));
    assertEquals(
        3 * OwnOpSamples.all().size() + 1, (int) report.count(Outcome.Passed.class), report::text);
  }

  @Test
  void itsOwnOpNeedsASample() {
    ConformanceReport report =
        Conformance.run(
            new PlainBackendProvider(), ConformanceSettings.quick().rules(Rules.OWN_OPS_SAMPLED));
    assertEquals(Set.of(Rules.OWN_OPS_SAMPLED), report.failedRules(), report::text);
  }
}
