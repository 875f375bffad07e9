package org.mla4j.core.residency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.plan.OpenBackend;
import org.mla4j.core.plan.Place;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.testing.ArrayWeight;

class DeviceCopiesTest {
  private static final ArrayWeight TABLE = ArrayWeight.of("table", DType.F32, new float[1], 1, 1);
  private static final StepValue IDS = StepValue.buffer("ids", DType.I32, Rows.LOGITS, 1);
  private static final OpenBackend CPU = backend("cpu", "host");
  private static final OpenBackend CARD = backend("card", "gpu:0");
  private static final OpenBackend OTHER = backend("other", "gpu:0");

  private final List<PlannedNode> nodes = new ArrayList<>();

  @Test
  void onTheHostNothingIsCopied() {
    write(CPU, value("a"));
    read(CPU, value("a"), value("b"));
    assertEquals(List.of("a", "b"), placed());
  }

  @Test
  void aValueIsCopiedOnceForAllWhoNeedIt() {
    write(CPU, value("a"));
    read(CARD, value("a"), value("b"));
    read(CARD, value("a"), value("c"));
    assertEquals(List.of("a", "a@card ALL", "b", "c"), placed());
  }

  @Test
  void whatChangedIsCopiedAgain() {
    write(CPU, value("a"));
    read(CARD, value("a"), value("b"));
    write(CPU, value("a"));
    read(CARD, value("a"), value("c"));
    assertEquals(List.of("a", "a@card ALL", "b", "a", "a@card#2 ALL", "c"), placed());
  }

  @Test
  void devicesReachEachOtherThroughTheHost() {
    write(CARD, value("a"));
    read(OTHER, value("a"), value("b"));
    read(CPU, value("a"), value("c"));
    assertEquals(List.of("a", "a@host ALL by card", "a@other ALL by other", "b", "c"), runners());
  }

  @Test
  void whoeverWritesPartOfARowNeedsTheRest() {
    StepValue whole = value("a");
    write(CPU, whole);
    write(CARD, whole.narrow("half", 0, 0, 8));
    read(CPU, whole, value("b"));
    assertEquals(List.of("a", "a@card ALL", "half", "a@host ALL", "b"), placed());
  }

  @Test
  void halvesOfTheTokensGoTheirOwnWays() {
    StepValue whole = value("a");
    write(CARD, whole.only(Rows.DECODE));
    write(CPU, whole.only(Rows.PREFILL));
    read(CARD, whole, value("b"));
    assertEquals(List.of("a@decode", "a@prefill", "a@card PREFILL", "b"), placed());
  }

  @Test
  void whatEntersPassesIsCurrentOnAllTheirDevicesInEveryPass() {
    StepValue state = value("state");
    write(CPU, state);
    in(Rows.CONTEXT, CARD, "seen", new SelectRows(state, value("seen")));
    in(Rows.CONTEXT, CPU, "more", new Embedding(TABLE, value("more")));
    in(Rows.CONTEXT, CPU, "state+", new Add(state, value("more"), 1));
    read(CARD, state, value("b"));
    assertEquals(
        List.of("state", "state@card ALL", "seen", "more", "state+", "state@card#2 CONTEXT", "b"),
        placed());
  }

  @Test
  void idsEndUpOnTheHostAndLogitsWhereTheyAre() {
    StepValue logits = StepValue.buffer("logits", DType.F32, Rows.LOGITS, 8);
    write(CARD, logits);
    read(CARD, logits, IDS);
    DeviceCopies.Placed placed = place(logits, (backend, op) -> List.of());
    assertEquals("ids@host", placed.nodes().getLast().node().name());
    assertEquals(new Place(logits, "card"), placed.residency().logits());
    assertEquals(new Place(IDS, "host"), placed.residency().of(IDS, "host"));
    assertEquals(Map.of(), placed.residency().caches());
  }

  @Test
  void aBackendThatDeclinesACopyIsNamed() {
    write(CPU, value("a"));
    read(CARD, value("a"), value("b"));
    BackendException e =
        assertThrows(
            BackendException.class,
            () -> place(value("b"), (backend, op) -> List.of("rows of 64 bytes only")));
    assertEquals(
        "Backend 'card' computes on device 'gpu:0' but does not copy 'a@card': rows of 64 bytes"
            + " only. Expected 'copy_to' between the host and its device. [MLA-0104]",
        e.getMessage());
  }

  private static OpenBackend backend(String name, String device) {
    Backend backend =
        new Backend() {
          @Override
          public String device() {
            return device;
          }

          @Override
          public void close() {}
        };
    return new OpenBackend(name, backend, Optional.empty());
  }

  private static StepValue value(String name) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, 16);
  }

  private void write(OpenBackend by, StepValue out) {
    in(out.rows(), by, out.name(), new Embedding(TABLE, out));
  }

  private void read(OpenBackend by, StepValue from, StepValue to) {
    in(to.rows(), by, to.name(), new SelectRows(from, to));
  }

  private void in(Rows rows, OpenBackend by, String name, Op op) {
    nodes.add(PlannedNode.by(new Node(name, "l", rows, op), by, List.of()));
  }

  private DeviceCopies.Placed place(
      StepValue logits, BiFunction<OpenBackend, Op, List<String>> refusal) {
    return DeviceCopies.place(nodes, logits, IDS, refusal);
  }

  private List<String> placed() {
    return place(value("logits"), (backend, op) -> List.of()).nodes().stream()
        .map(planned -> described(planned.node()))
        .toList();
  }

  private List<String> runners() {
    return place(value("logits"), (backend, op) -> List.of()).nodes().stream()
        .map(planned ->
            planned.node().op().type().equals("copy_to")
                ? described(planned.node()) + " by " + planned.backend().name()
                : described(planned.node()))
        .toList();
  }

  private static String described(Node node) {
    return node.op().type().equals("copy_to") ? node.name() + " " + node.rows() : node.name();
  }
}
