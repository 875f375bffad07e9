package org.mla4j.tck.cases;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.DeviceMemory;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.DeviceStorage;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.value.StepValue;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Bench;
import org.mla4j.tck.harness.Comparison;
import org.mla4j.tck.harness.Failure;
import org.mla4j.tck.harness.Session;
import org.mla4j.tck.harness.Skipped;
import org.mla4j.tck.harness.Subject;
import org.mla4j.tck.reference.References;
import org.mla4j.tck.reference.StepMemory;

/** A device of the backend's own: its memory, and the copies that cross over to it. */
final class DeviceCases {
  private static final int WIDTH = 24;

  private final List<Case> cases = new ArrayList<>();

  private DeviceCases() {}

  static List<Case> cases() {
    DeviceCases made = new DeviceCases();
    made.cases.add(
        Case.of(Rules.DEVICE_AND_MEMORY, "device and memory", DeviceCases::deviceAndMemory));
    made.add(Rules.DEVICE_BYTES, "zeros, then bytes at odd offsets", DeviceCases::bytes);
    made.add(Rules.DEVICE_ACCOUNT, "64 KiB", DeviceCases::account);
    made.cases.add(
        Case.of(
            Rules.DEVICE_ACCESS_WAITS, "a copy, read at once", CopyTo.TYPE, DeviceCases::waits));
    for (Batch batch : List.of(Batch.mixed(), Batch.decodeOnly(), Batch.prefillOnly())) {
      for (DType dtype : List.of(DType.F32, DType.BF16, DType.I32)) {
        for (Rows rows : List.of(Rows.ALL, Rows.DECODE, Rows.PREFILL, Rows.LOGITS)) {
          made.copies(batch, dtype, rows);
        }
      }
    }
    return made.cases;
  }

  /** Tests something of a device's memory. */
  @FunctionalInterface
  private interface Test {
    void run(Backend backend, DeviceMemory memory);
  }

  private void add(Rule rule, String name, Test test) {
    cases.add(
        Case.of(
            rule,
            name,
            subject -> {
              try (Session session = Session.open(subject, Batch.mixed().limits())) {
                test.run(session.backend(), memory(session));
              }
            }));
  }

  private static DeviceMemory memory(Session session) {
    return session
        .backend()
        .memory()
        .orElseThrow(() -> new Skipped("it has no device but the host"));
  }

  private static void deviceAndMemory(Subject subject) {
    try (Session session = Session.open(subject, Batch.mixed().limits())) {
      Backend backend = session.backend();
      boolean onHost = backend.device().equals(HostStorage.DEVICE);
      Failure.unless(
          onHost != backend.memory().isPresent(),
          () ->
              "device '"
                  + backend.device()
                  + "' "
                  + (onHost ? "with" : "without")
                  + " memory of its own; expected it of every device but the host");
      if (!onHost) {
        Failure.unless(
            backend.memory().equals(backend.memory()),
            () -> "another memory each time it is asked");
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.I32)) {
          Optional<String> declined = session.declined(copy(dtype, Rows.ALL));
          Failure.unless(
              declined.isEmpty(),
              () -> "no copies of " + dtype + ": " + declined.orElse("") + "; expected them");
        }
      }
    }
  }

  private static void bytes(Backend backend, DeviceMemory memory) {
    int size = 4099;
    DeviceStorage storage = memory.allocate("conformance kit", size);
    Failure.unless(
        storage.byteSize() >= size && storage.device().equals(backend.device()),
        () ->
            storage.byteSize()
                + " bytes on '"
                + storage.device()
                + "'; expected "
                + size
                + " on '"
                + backend.device()
                + "'");
    byte[] expected = new byte[size];
    requireBytes(memory, storage, expected, "of new memory");
    for (int i = 0; i < size; i++) {
      expected[i] = (byte) (i * 31 + 7);
    }
    try (Arena arena = Arena.ofConfined()) {
      memory.write(copied(arena, expected, 0, size), storage, 0);
      requireBytes(memory, storage, expected, "after all were written");
      for (int[] range : new int[][] {{1, 1}, {1001, 13}, {size - 5, 5}}) {
        Arrays.fill(expected, range[0], range[0] + range[1], (byte) -3);
        memory.write(copied(arena, expected, range[0], range[1]), storage, range[0]);
        requireBytes(memory, storage, expected, "after " + range[1] + " were written");
        MemorySegment part = arena.allocate(range[1] + 1L).asSlice(1);
        memory.read(storage, range[0], part);
        Failure.unless(
            part.mismatch(copied(arena, expected, range[0], range[1])) < 0,
            () -> range[1] + " bytes at " + range[0] + " read back differ");
      }
    }
  }

  private static MemorySegment copied(Arena arena, byte[] bytes, int offset, int length) {
    MemorySegment segment = arena.allocate(length + 1L).asSlice(1); // nothing says it is aligned
    MemorySegment.copy(bytes, offset, segment, ValueLayout.JAVA_BYTE, 0, length);
    return segment;
  }

  private static void requireBytes(
      DeviceMemory memory, DeviceStorage storage, byte[] expected, String when) {
    byte[] found = new byte[expected.length];
    memory.read(storage, 0, MemorySegment.ofArray(found));
    int at = Arrays.mismatch(expected, found);
    Failure.unless(
        at < 0,
        () -> "byte " + at + " " + when + " is " + found[at] + "; expected " + expected[at]);
  }

  private static void account(Backend backend, DeviceMemory memory) {
    int size = 1 << 16;
    String purpose = "conformance kit, accounted";
    DeviceStorage kept = memory.allocate(purpose, size);
    Map<String, Long> inUse = memory.inUse();
    Failure.unless(
        inUse.getOrDefault(purpose, 0L) >= kept.byteSize() && kept.byteSize() >= size,
        () -> "'" + purpose + "' is not in " + inUse + " with " + size + " bytes");
  }

  /** A value on the host and one on the device, as a plan has them. */
  private static CopyTo copy(DType dtype, Rows rows) {
    Rows buffer = rows == Rows.LOGITS ? rows : Rows.ALL;
    return new CopyTo(
        StepValue.buffer("from", dtype, buffer, WIDTH).only(rows),
        StepValue.buffer("to", dtype, buffer, WIDTH).only(rows));
  }

  private static void waits(Subject subject) {
    Batch batch = Batch.mixed();
    CopyTo op = copy(DType.F32, Rows.ALL);
    try (Session session = Session.open(subject, batch.limits());
        Bench bench = new Bench(batch.limits())) {
      DeviceMemory memory = memory(session);
      session.require(op);
      var bindings = session.bindingsWithout(Set.of(op.from().root()), bench, op);
      Kernel kernel = session.keep(session.backend().create(op, bindings));
      var to = bindings.tensor(op.to());
      bench.describe(batch);
      bench.random(op.from(), 1);
      session.upload();
      session.backend().prepare(bench.step());
      kernel.forward(bench.step(), session.backend().queue());
      int bytes = Math.toIntExact(to.count(bench.step()) * to.rowBytes());
      byte[] found = new byte[bytes];
      memory.read(
          (DeviceStorage) to.tensor().storage(),
          to.offset(bench.step()),
          MemorySegment.ofArray(found));
      byte[] expected =
          bench.buffer(op.from().root()).asSlice(Bench.GUARD, bytes).toArray(ValueLayout.JAVA_BYTE);
      Failure.unless(
          Arrays.equals(expected, found),
          () -> "what was read from the device is older than a copy submitted before");
      session.backend().queue().record().await();
    }
  }

  private void copies(Batch batch, DType dtype, Rows rows) {
    for (boolean toDevice : new boolean[] {true, false}) {
      cases.add(
          Case.of(
              Rules.DEVICE_COPIES,
              dtype + " " + rows + (toDevice ? " to the device, " : " to the host, ") + batch,
              CopyTo.TYPE,
              subject -> copies(subject, batch, copy(dtype, rows), toDevice)));
    }
  }

  private static void copies(Subject subject, Batch batch, CopyTo op, boolean toDevice) {
    try (Session session = Session.open(subject, batch.limits());
        Bench bench = new Bench(batch.limits())) {
      memory(session);
      session.require(op);
      StepValue onHost = (toDevice ? op.from() : op.to()).root();
      Kernel kernel =
          session.keep(
              session.backend().create(op, session.bindingsWithout(Set.of(onHost), bench, op)));
      bench.describe(batch);
      if (bench.step().count(op.from().rows()) == 0) {
        return; // never called for such a step
      }
      bench.random(op.from(), 1e3); // as integers, different ones
      StepMemory expected = bench.model();
      References.run(op, expected);
      Map<Object, byte[]> before = bench.bytes();
      session.forward(bench.step(), kernel);
      new Comparison(bench, op, 0).require(expected, before);
    }
  }
}
