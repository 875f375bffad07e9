package org.mla4j.tck.cases;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mla4j.api.op.Op;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.tck.Rules;
import org.mla4j.tck.SampleWeight;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Results;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Trial;
import org.mla4j.tck.reference.StepMemory;

/** What is read and written. */
final class MemoryCases {
  private final List<Case> cases = new ArrayList<>();

  private MemoryCases() {}

  static List<Case> cases() {
    MemoryCases made = new MemoryCases();
    for (String type : Op.VOCABULARY) {
      made.add(type);
    }
    return made.cases;
  }

  private void add(String type) {
    for (Batch batch : List.of(Batch.mixed(), Batch.other())) {
      cases.add(
          new Case(
              Rules.ONLY_LIVE_WRITTEN,
              type + ", " + batch,
              Set.of(type),
              subject -> {
                try (Session session = Session.open(subject, batch.limits());
                    Trial trial = Specimens.trial(session, type)) {
                  trial.stage(batch).check();
                }
              }));
    }
    // Of what was NaN before, a result that is NaN is not told apart.
    cases.add(
        new Case(
            Rules.ONLY_LIVE_WRITTEN,
            type + ", numbers in dead rows",
            Set.of(type),
            subject -> {
              try (Session session = Session.open(subject, Batch.mixed().limits());
                  Trial trial = Specimens.trial(session, type)) {
                trial.stage(Batch.mixed());
                scribbleDeadRows(trial);
                trial.check();
              }
            }));
    cases.add(
        new Case(
            Rules.DEAD_NOT_READ,
            type,
            Set.of(type),
            subject -> {
              try (Session session = Session.open(subject, Batch.mixed().limits());
                  Trial trial = Specimens.trial(session, type)) {
                requireSame(trial, MemoryCases::scribbleDeadRows, "rows that are not live");
              }
            }));
    cases.add(
        new Case(
            Rules.UNUSED_CACHE_NOT_READ,
            type,
            Set.of(type),
            subject -> {
              try (Session session = Session.open(subject, Batch.mixed().limits());
                  Trial trial = Specimens.trial(session, type)) {
                boolean cached = trial.op().reads().stream().anyMatch(CacheValue.class::isInstance);
                if (cached) {
                  requireSame(trial, MemoryCases::scribbleUnusedSlots, "cache rows nobody may see");
                }
              }
            }));
    cases.add(
        new Case(
            Rules.VIEWS,
            type,
            Set.of(type),
            subject -> {
              Batch batch = Batch.mixed();
              try (Session session = Session.open(subject, batch.limits());
                  Trial trial = Specimens.trial(session, type)) {
                // Odd widths of buffers, so that no row of a view begins at a multiple of 64 bytes.
                trial.stage(batch).check();
              }
            }));
    cases.add(
        new Case(
            Rules.INPUTS_KEPT,
            type,
            Set.of(type),
            subject -> {
              Batch batch = Batch.mixed();
              try (Session session = Session.open(subject, batch.limits());
                  Trial trial = Specimens.trial(session, type)) {
                inputsKept(trial.stage(batch));
              }
            }));
  }

  /** The results with NaN around must be those with ordinary numbers around. */
  private static void requireSame(
      Trial trial, java.util.function.Consumer<Trial> scribble, String what) {
    Batch batch = Batch.mixed();
    trial.stage(batch).forward();
    Results poisoned = Results.of(trial.bench(), trial.op());
    trial.stage(batch);
    scribble.accept(trial);
    trial.forward();
    Results.of(trial.bench(), trial.op())
        .require(poisoned, "with ordinary numbers instead of NaN in " + what);
  }

  private static void scribbleDeadRows(Trial trial) {
    Bench bench = trial.bench();
    Map<StepValue, BitSet> live = new LinkedHashMap<>();
    List<Value> values = new ArrayList<>(trial.op().reads());
    values.addAll(trial.op().writes());
    for (Value value : values) {
      if (value instanceof StepValue named) {
        BitSet elements = live.computeIfAbsent(named.root(), key -> new BitSet());
        StepDescription step = bench.step();
        int skipped =
            named.rows() == named.root().rows()
                ? 0
                : step.firstToken(named.rows()) - step.firstToken(named.root().rows());
        for (int row = 0; row < step.count(named.rows()); row++) {
          for (int element : StepMemory.elements(named)) {
            elements.set((row + skipped) * named.root().rowWidth() + element);
          }
        }
      }
    }
    live.forEach((root, elements) -> {
      MemorySegment segment = bench.buffer(root);
      int size = root.dtype().byteSize();
      long count = (segment.byteSize() - 2L * Bench.GUARD) / size;
      for (int i = 0; i < count; i++) {
        if (!elements.get(i)) {
          segment.asSlice(Bench.GUARD + (long) i * size, size).fill((byte) 0x41);
        }
      }
    });
  }

  private static void scribbleUnusedSlots(Trial trial) {
    Bench bench = trial.bench();
    StepDescription step = bench.step();
    BitSet used = new BitSet();
    for (int sequence = 0; sequence < step.sequences(); sequence++) {
      for (int position = 0; position < step.sequenceLength(sequence); position++) {
        used.set((int) bench.slot(sequence, position));
      }
    }
    for (Value value : trial.op().reads()) {
      if (value instanceof CacheValue cache && !trial.op().type().equals("copy_blocks")) {
        var model = bench.live(cache);
        int slots = step.limits().blocks() * step.limits().blockSize();
        for (int slot = 0; slot < slots; slot++) {
          if (!used.get(slot)) {
            bench.put(model, slot, Numbers.normal(cache.spec().rowWidth(), 5, slot));
          }
        }
      }
    }
  }

  private static void inputsKept(Trial trial) {
    List<byte[]> weights = weights(trial.op());
    StepDescription step = trial.bench().step();
    List<byte[]> description = description(step);
    trial.forward();
    List<byte[]> weightsAfter = weights(trial.op());
    for (int i = 0; i < weights.size(); i++) {
      int index = i;
      Failure.unless(
          Arrays.equals(weights.get(i), weightsAfter.get(i)),
          () -> "weight '" + trial.op().weights().get(index).name() + "' was written");
    }
    List<byte[]> descriptionAfter = description(step);
    List<String> parts =
        List.of(
            "token ids",
            "positions",
            "slots",
            "token sequences",
            "query starts",
            "sequence lengths",
            "block tables",
            "logit tokens");
    for (int i = 0; i < parts.size(); i++) {
      int index = i;
      Failure.unless(
          Arrays.equals(description.get(i), descriptionAfter.get(i)),
          () -> "the " + parts.get(index) + " of the step were written");
    }
  }

  private static List<byte[]> weights(Op op) {
    List<byte[]> bytes = new ArrayList<>();
    for (WeightHandle weight : op.weights()) {
      bytes.add(weight instanceof SampleWeight sample ? sample.bytes() : new byte[0]);
    }
    return bytes;
  }

  private static List<byte[]> description(StepDescription step) {
    return java.util.stream.Stream.of(
            step.tokenIds(),
            step.positions(),
            step.slots(),
            step.tokenSequences(),
            step.queryStarts(),
            step.sequenceLengths(),
            step.blockTables(),
            step.logitTokens())
        .map(segment -> segment.toArray(ValueLayout.JAVA_BYTE))
        .toList();
  }
}
