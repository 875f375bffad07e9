package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.tck.Rules;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Results;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Specimen;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.harness.Trial;

/** How weights are taken, given back and taken again. */
final class WeightCases {
  private static final List<String> WITH_WEIGHTS =
      List.of(
          "absorb_query",
          "embedding",
          "fused_add_rms_norm",
          "fused_moe",
          "linear",
          "mla_attention",
          "mla_preprocess",
          "moe_gate",
          "project_value",
          "qkv_a_proj",
          "rms_norm",
          "rms_norm_rope_concat_and_cache_mla");

  private WeightCases() {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String type : WITH_WEIGHTS) {
      cases.add(new Case(Rules.LEASES, type, Set.of(type), subject -> leases(subject, type)));
      cases.add(new Case(Rules.RELOAD, type, Set.of(type), subject -> reload(subject, type)));
      cases.add(
          new Case(Rules.RELOAD_IN_PLACE, type, Set.of(type), subject -> inPlace(subject, type)));
    }
    cases.add(
        Case.of(
            Rules.DERIVED_WEIGHTS,
            "linear",
            Linear.TYPE,
            subject -> Trial.check(subject, Batch.mixed(), WeightCases::derivedLinear)));
    cases.add(
        Case.of(
            Rules.DERIVED_WEIGHTS,
            "rms_norm",
            RmsNorm.TYPE,
            subject -> Trial.check(subject, Batch.mixed(), WeightCases::derivedNorm)));
    return cases;
  }

  private static Specimen derivedLinear(Session session) {
    return Specimen.of(
        new Linear(
            StepValue.buffer("x", DType.F32, Rows.ALL, 32),
            SampleWeight.derived("weight", Numbers.normal(24 * 32, 0.2, 1), 24, 32),
            SampleWeight.derived("bias", Numbers.normal(24, 1, 2), 24),
            StepValue.buffer("out", DType.F32, Rows.ALL, 24)),
        Specimen.F32);
  }

  private static Specimen derivedNorm(Session session) {
    return Specimen.of(
        new RmsNorm(
            StepValue.buffer("x", DType.F32, Rows.ALL, 32),
            SampleWeight.derived("weight", Numbers.normal(32, 1, 1), 32),
            1e-6,
            1,
            StepValue.buffer("out", DType.F32, Rows.ALL, 32)),
        Specimen.F32);
  }

  private static List<SampleWeight> samples(Op op) {
    List<SampleWeight> samples = new ArrayList<>();
    for (WeightHandle weight : op.weights()) {
      if (weight instanceof SampleWeight sample) {
        samples.add(sample);
      }
    }
    return samples;
  }

  private static void leases(Subject subject, String type) {
    List<SampleWeight> weights;
    Batch batch = Batch.mixed();
    try (Session session = Session.open(subject, batch.limits());
        Trial trial = Specimens.trial(session, type)) {
      trial.stage(batch).forward();
      weights = samples(trial.op());
    }
    for (SampleWeight weight : weights) {
      Failure.unless(
          weight.openLeases() == 0,
          () ->
              weight.openLeases()
                  + " leases on weight '"
                  + weight.name()
                  + "' of "
                  + type
                  + " are open after the backend was closed; expected none");
    }
  }

  private static void requireReload(Session session) {
    if (!session.backend().canReloadWeights()) {
      throw new Skipped("cannot reload weights");
    }
  }

  private static void reload(Subject subject, String type) {
    Batch batch = Batch.mixed();
    try (Session session = Session.open(subject, batch.limits());
        Trial trial = Specimens.trial(session, type)) {
      requireReload(session);
      trial.stage(batch).check();
      change(samples(trial.op()));
      trial.bench().forgetWeights();
      session.backend().reloadWeights();
      trial.stage(batch).check();
      Results once = Results.of(trial.bench(), trial.op());
      session.backend().reloadWeights();
      trial.stage(batch).check();
      Results.of(trial.bench(), trial.op()).require(once, "after weights were reloaded again");
    }
  }

  private static void change(List<SampleWeight> weights) {
    for (SampleWeight weight : weights) {
      int count = Math.toIntExact(weight.shape().elements());
      boolean vector = weight.shape().rank() == 1;
      double deviation = vector ? 0.3 : 1 / Math.sqrt((double) weight.shape().extent(1));
      double[] numbers = Numbers.normal(count, deviation, weight.name().hashCode(), 77);
      for (int i = 0; vector && i < count; i++) {
        numbers[i] += 0.5;
      }
      weight.set(numbers);
    }
  }

  private static void inPlace(Subject subject, String type) {
    Batch batch = Batch.mixed();
    try (Session session = Session.open(subject, batch.limits());
        Trial trial = Specimens.trial(session, type)) {
      requireReload(session);
      trial.stage(batch).forward();
      long before = session.engine().allocated();
      for (int i = 0; i < 3; i++) {
        session.backend().reloadWeights();
      }
      long after = session.engine().allocated();
      Failure.unless(
          after == before,
          () ->
              "three reloads of "
                  + type
                  + " allocated "
                  + (after - before)
                  + " bytes of the engine; expected none");
    }
  }
}
