package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.Op;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Trial;

/** Every op against its definition, in batches of every kind. */
final class OpCases {
  private static final List<Batch> BATCHES =
      List.of(Batch.mixed(), Batch.decodeOnly(), Batch.prefillOnly());

  private OpCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String type : Op.VOCABULARY) {
      for (Batch batch : BATCHES) {
        if (!Specimens.hasRows(type, batch)) {
          continue;
        }
        cases.add(
            new Case(
                Rules.ofOp(type),
                type + ", " + batch,
                Set.of(type),
                subject -> {
                  try (Session session = Session.open(subject, batch.limits())) {
                    Trial.check(session, batch, Specimens.accepted(session, type));
                  }
                }));
      }
    }
    return cases;
  }
}
