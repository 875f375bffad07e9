package org.mla4j.models.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.diagnosis.Explanation.Entry;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.core.measure.OpProfile;
import org.mla4j.core.measure.PaceMeter;
import org.mla4j.core.measure.PaceTest;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.inspect.ModelFacts;
import org.mla4j.models.inspect.ModelInspection;

/** Goes through the tests of a benchmark once for each engine. */
final class BenchmarkRun {
  private static final PaceTest FIRST = new PaceTest(Benchmark.FIRST_PROMPT, 0, 0, 1);

  private final Benchmark benchmark;
  private final ProgressListener progress;
  private final List<Start> starts = new ArrayList<>();
  private final List<Measured> measured = new ArrayList<>();
  private String backend = "";

  /** A test before it is held against the machine, whose limits are measured last. */
  private record Measured(
      int threads, PaceTest test, Samples samples, @Nullable OpProfile profile) {}

  BenchmarkRun(Benchmark benchmark, ProgressListener progress) {
    this.benchmark = benchmark;
    this.progress = progress;
  }

  BenchmarkReport report(Supplier<LanguageModel> opener, List<EngineOptions> engines) {
    if (benchmark.roofline()) {
      MachineLimits.requireMeasurable(); // before long work, not after
    }
    long begin = System.nanoTime();
    try (LanguageModel model = opener.get()) {
      double openSeconds = secondsSince(begin);
      requireFit(model);
      for (EngineOptions engine : engines) {
        measure(model, engine, openSeconds);
      }
      ModelFacts facts = ModelInspection.inspect(model, engines.getFirst());
      // Before the limits: measuring those takes memory, too.
      OptionalLong peak = ProcessMemory.peak();
      List<MachineLimits> limits = limits(engines);
      return new BenchmarkReport(
          facts.name(),
          facts.fileBytes(),
          facts.parameters(),
          facts.types().getFirst().type(),
          engines.getFirst().cacheDTypes().toString(),
          backend,
          starts,
          measured.stream().map(each -> result(each, limits)).toList(),
          peak,
          limits);
    }
  }

  private void requireFit(LanguageModel model) {
    int positions = model.definition().maxPositions();
    for (PaceTest test : benchmark.tests()) {
      if (test.length() > positions) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Test '"
                + test.name()
                + "' has sequences of "
                + test.length()
                + " tokens; model '"
                + model.definition().name()
                + "' has "
                + positions
                + " positions.");
      }
    }
  }

  private void measure(LanguageModel model, EngineOptions given, double openSeconds) {
    List<PaceTest> all = new ArrayList<>(benchmark.tests());
    all.add(FIRST);
    EngineOptions options = PaceMeter.size(given.toBuilder(), all).build();
    long begin = System.nanoTime();
    try (StepRunner runner = StepRunner.build(model.definition(), options)) {
      double readySeconds = secondsSince(begin);
      PaceMeter meter = new PaceMeter(runner, options, model.definition().vocabularySize());
      meter.fill(FIRST, progress);
      double first = meter.run(FIRST) / 1e9;
      starts.add(
          new Start(
              options.threads(), openSeconds, readySeconds, openSeconds + readySeconds + first));
      for (PaceTest test : benchmark.tests()) {
        measured.add(measure(meter, test, options.threads()));
      }
      backend =
          runner.explain().entries().stream()
              .map(Entry::backend)
              .distinct()
              .collect(Collectors.joining(","));
    }
  }

  private Measured measure(PaceMeter meter, PaceTest test, int threads) {
    meter.fill(test, progress);
    warmUp(meter, test);
    int runs = benchmark.repetitions();
    List<Double> paces = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      progress.progress(test.name(), run, runs);
      paces.add(test.tokens() * 1e9 / meter.run(test));
    }
    progress.progress(test.name(), runs, runs);
    OpProfile profile = null;
    if (benchmark.roofline()) {
      profile = new OpProfile();
      meter.run(test, profile::run);
    }
    return new Measured(threads, test, new Samples(paces), profile);
  }

  private void warmUp(PaceMeter meter, PaceTest test) {
    long nanos = 0;
    for (int run = 0;
        run < benchmark.warmups() || (run > 0 && nanos < Benchmark.LEAST_WARMUP.toNanos());
        run++) {
      nanos += meter.run(test);
    }
  }

  private List<MachineLimits> limits(List<EngineOptions> engines) {
    if (!benchmark.roofline()) {
      return List.of();
    }
    return engines.stream()
        .map(EngineOptions::threads)
        .distinct()
        .map(MachineLimits::measure)
        .toList();
  }

  private static TestResult result(Measured each, List<MachineLimits> limits) {
    OpProfile profile = each.profile();
    Roofline roofline =
        profile == null
            ? null
            : Roofline.of(
                profile,
                limits.stream()
                    .filter(limit -> limit.threads() == each.threads())
                    .findFirst()
                    .orElseThrow(),
                each.test().tokens(),
                each.samples().median());
    return new TestResult(each.threads(), each.test(), each.samples(), roofline);
  }

  private static double secondsSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e9;
  }
}
