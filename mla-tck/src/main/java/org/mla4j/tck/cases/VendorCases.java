package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.op.Op;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Rules;
import org.mla4j.tck.VendorSample;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Trial;

/** A backend's own ops against their references. */
final class VendorCases {
  private VendorCases() {}

  static List<Case> cases(ConformanceSettings settings) {
    List<Case> cases = new ArrayList<>();
    for (VendorSample sample : settings.samples()) {
      for (Batch batch : List.of(Batch.mixed(), Batch.decodeOnly(), Batch.prefillOnly())) {
        cases.add(
            new Case(
                Rules.OWN_OPS,
                sample.op().type() + ", " + sample.name() + ", " + batch,
                Set.of(sample.op().type()),
                subject ->
                    Trial.check(
                        subject, batch, session -> Specimen.of(sample.op(), sample.tolerance()))));
      }
    }
    cases.add(
        Case.of(
            Rules.OWN_OPS_SAMPLED,
            "samples",
            subject -> {
              try (Session session = Session.open(subject, Batch.mixed().limits())) {
                Set<String> missing = new TreeSet<>(session.backend().ops());
                missing.removeAll(Op.VOCABULARY);
                if (missing.isEmpty()) {
                  throw new Skipped("has no op of its own");
                }
                settings.samples().forEach(sample -> missing.remove(sample.op().type()));
                Failure.unless(missing.isEmpty(), () -> "no sample of " + missing);
              }
            }));
    return cases;
  }
}
