package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.tck.CaseResult;
import org.mla4j.tck.Conformance;
import org.mla4j.tck.ConformanceReport;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Outcome;
import org.mla4j.tck.Rules;

/** A backend may decline most of what an op can be: a model is tested with what it takes. */
class NarrowBackendTest {
  private static final String REASON = "only F32 caches are written";

  /**
   * Writes F32 caches.
   *
   * @param ops what else it has
   */
  private record Narrow(Set<String> ops) implements BackendProvider {
    @Override
    public String name() {
      return "narrow";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public int spiLevel() {
      return 1;
    }

    @Override
    public Probe probe() {
      return new Probe.Available("plain loops", true);
    }

    @Override
    public Backend open(EngineContext context) {
      PlainBackend plain =
          new PlainBackend(PlainOptions.DEFAULT, Mistakes.of(), context, new AtomicInteger());
      return new Backend() {
        @Override
        public Set<String> ops() {
          return ops;
        }

        @Override
        public Support supports(Op op) {
          return op instanceof ConcatAndCacheMla concat
                  && concat.cache().spec().dtype() != DType.F32
              ? Support.no(REASON)
              : plain.supports(op);
        }

        @Override
        public Kernel create(Op op, Bindings bindings) {
          return plain.create(op, bindings);
        }

        @Override
        public void prepare(StepDescription step) {
          plain.prepare(step);
        }

        @Override
        public void close() {
          plain.close();
        }
      };
    }
  }

  @Test
  void aModelRunsWithWhatIsTaken() {
    ConformanceReport report = models(ConcatAndCacheMla.TYPE, RmsNorm.TYPE);
    assertEquals(report.results().size(), report.count(Outcome.Passed.class), report::text);
  }

  @Test
  void aModelOfWhichNothingIsTakenIsSkipped() {
    ConformanceReport report = models(ConcatAndCacheMla.TYPE);
    for (CaseResult result : report.results()) {
      if (result.name().contains("BF16")) {
        Outcome.Skipped skipped =
            assertInstanceOf(Outcome.Skipped.class, result.outcome(), result::toString);
        assertTrue(skipped.reason().contains(REASON), skipped::reason);
      } else {
        assertInstanceOf(Outcome.Passed.class, result.outcome(), result::toString);
      }
    }
    assertEquals(2, report.results().size() / report.count(Outcome.Skipped.class), report::text);
  }

  private static ConformanceReport models(String... ops) {
    ConformanceReport report =
        Conformance.run(new Narrow(Set.of(ops)), ConformanceSettings.quick().rules(Rules.MODEL));
    assertEquals(List.of(), report.failures(), report::text);
    return report;
  }
}
