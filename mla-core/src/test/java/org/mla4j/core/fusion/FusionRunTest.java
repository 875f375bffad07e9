package org.mla4j.core.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mla4j.api.step.Rows.ALL;
import static org.mla4j.api.step.Rows.DECODE;
import static org.mla4j.api.step.Rows.LOGITS;
import static org.mla4j.api.step.Rows.PREFILL;
import static org.mla4j.api.tensor.DType.F32;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ReferenceData;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.VendorOp;
import org.mla4j.api.plan.FusionPass;
import org.mla4j.api.plan.FusionPass.Match;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.StepGraph;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.core.testing.ArrayWeight;

/** What may become one node: by data flow, to the element, whatever a pass says. */
class FusionRunTest {
  private final StepValue x = value("x", 4);
  private final StepValue y = value("y", 4);
  private final StepValue out = value("out", 4);
  private final CacheValue cache = new CacheValue("cache", "layer", CacheSpec.mla(4, 0, F32));
  private final List<Node> nodes = new ArrayList<>();

  /** An op of a vendor that says itself what it reads and writes. */
  private record Anything(List<Value> reads, List<Value> writes) implements VendorOp {
    @Override
    public String type() {
      return "acme:anything";
    }

    @Override
    public void reference(ReferenceData data) {}
  }

  private record Pass(List<Match> matches) implements FusionPass {
    @Override
    public String fusedType() {
      return "acme:anything";
    }

    @Override
    public List<Match> matches(StepGraph graph) {
      return matches;
    }
  }

  @Test
  void whatIsReadLaterMustBeLeft() {
    Node sum = add("sum", ALL, new Add(x, y));
    Node norm = add("norm", ALL, norm(x, out));
    add("later", ALL, new CopyTo(x, value("copy", 4)));
    assertEquals(
        List.of("'x' would vanish, which 'later' reads"),
        fuse(List.of(sum, norm), new Anything(List.of(x, y), List.of(out))).reasons());
    assertNotNull(
        fuse(List.of(sum, norm), new FusedAddRmsNorm((Add) sum.op(), norm(x, out))).fused());
  }

  @Test
  void whatTheStepKeepsMustBeLeft() {
    Node sum = add("sum", ALL, new Add(x, y));
    Node norm = add("norm", ALL, norm(x, out));
    Match match = new Match(List.of(sum, norm), new Anything(List.of(x, y), List.of(out)));
    assertEquals(
        List.of("'x' would vanish, which the step reads"),
        FusionRun.run(new Pass(List.of(match)), nodes, List.of(x), any -> List.of())
            .outcomes()
            .getFirst()
            .reasons());
  }

  /** Half of what is read is written again in between: the other half must still be there. */
  @Test
  void whatIsReadInPartsMustBeLeftInParts() {
    StepValue heads = value("heads", 4);
    Node copied = add("copied", DECODE, new CopyTo(x.only(DECODE), y.only(DECODE)));
    Node decode = add("decode", DECODE, new CopyTo(y.only(DECODE), heads.only(DECODE)));
    add("prefill", PREFILL, new CopyTo(x.only(PREFILL), heads.only(PREFILL)));
    add("later", ALL, new CopyTo(heads, out));
    assertEquals(
        List.of("'heads@decode' would vanish, which 'later' reads"),
        fuse(
                List.of(copied, decode),
                new Anything(List.of(x.only(DECODE)), List.of(y.only(DECODE))))
            .reasons());
  }

  @Test
  void aCacheWriteMayNotVanish() {
    Node norm = add("norm", ALL, norm(x, out));
    Node write = add("write", ALL, new ConcatAndCacheMla(out, null, cache));
    assertEquals(
        List.of("the write of cache 'cache' would vanish"),
        fuse(List.of(norm, write), new Anything(List.of(x), List.of(out))).reasons());
  }

  @Test
  void aCacheWriteMayNotMovePastTheAttentionThatReadsIt() {
    Node write = add("write", ALL, new ConcatAndCacheMla(x, null, cache));
    StepValue latent = StepValue.buffer("o_latent", F32, ALL, 1, 4);
    StepValue query = StepValue.buffer("q_latent", F32, ALL, 1, 4);
    add("attend", ALL, new MlaDecodeAttention(query, null, cache, 1, latent, null));
    StepValue flat = latent.reshape("flat", 4);
    Node norm = add("norm", ALL, norm(flat, out));
    assertEquals(
        List.of("'write' cannot move past 'attend': both use 'cache'"),
        fuse(List.of(write, norm), new Anything(List.of(x, cache, flat), List.of(cache, out)))
            .reasons());
  }

  /** Parts of one buffer that have no element in common do not hinder each other. */
  @Test
  void nodesMovePastThoseThatUseOtherElements() {
    StepValue both = StepValue.buffer("both", F32, ALL, 2, 4);
    StepValue left = both.narrow("left", -1, 0, 2);
    StepValue right = both.narrow("right", -1, 2, 2);
    Node first = add("first", ALL, new CopyTo(x, left));
    add("between", ALL, new CopyTo(y, right));
    Node second = add("second", ALL, new CopyTo(left, out));
    assertNotNull(
        fuse(List.of(first, second), new Anything(List.of(x), List.of(left, out))).fused());
  }

  @Test
  void theOpGoesWhereTheFirstNodeIsIfItCannotGoWhereTheLastIs() {
    Node first = add("first", ALL, new CopyTo(x, y));
    add("between", ALL, new CopyTo(y, value("copy", 4)));
    Node second = add("second", ALL, new CopyTo(x, out));
    FusionRun.Result result =
        run(List.of(first, second), new Anything(List.of(x), List.of(y, out)));
    assertEquals(
        List.of("first+second", "between"), result.nodes().stream().map(Node::name).toList());
  }

  @Test
  void nothingElseMayBeTouched() {
    Node sum = add("sum", ALL, new Add(x, y));
    Node norm = add("norm", ALL, norm(x, out));
    StepValue other = value("other", 4);
    assertEquals(
        List.of(
            "it writes 'other', which none of its nodes writes",
            "it reads 'other', which none of its nodes reads or writes"),
        fuse(List.of(sum, norm), new Anything(List.of(x, y, other), List.of(x, out, other)))
            .reasons());
  }

  @Test
  void rowsOfDifferentKindsStayApart() {
    Node sum = add("sum", ALL, new Add(x, y));
    StepValue logits = StepValue.buffer("logits", F32, LOGITS, 4);
    Node norm = add("norm", LOGITS, norm(logits, StepValue.buffer("normed", F32, LOGITS, 4)));
    assertEquals(
        List.of("its nodes work on rows that no one node can work on"),
        fuse(
                List.of(sum, norm),
                new Anything(
                    List.of(x, y, logits),
                    List.copyOf(concat(sum.op().writes(), norm.op().writes()))))
            .reasons());
  }

  @Test
  void decodeRowsGoWithAllRows() {
    Node sum = add("sum", ALL, new Add(x, y));
    StepValue decode = x.only(DECODE);
    StepValue normed = StepValue.buffer("normed", F32, DECODE, 4);
    Node norm = add("norm", DECODE, norm(decode, normed));
    FusionRun.Outcome outcome =
        fuse(List.of(sum, norm), new Anything(List.of(x, y), List.of(x, normed)));
    assertEquals(ALL, Optional.ofNullable(outcome.fused()).orElseThrow().rows());
  }

  @Test
  void ofPlacesThatOverlapTheFirstGoes() {
    Node first = add("first", ALL, new Add(x, y));
    Node second = add("second", ALL, new Add(x, y));
    Node third = add("third", ALL, new Add(x, y));
    Op both = new Anything(List.of(x, y), List.of(x));
    FusionRun.Result result =
        FusionRun.run(
            new Pass(
                List.of(
                    new Match(List.of(first, second), both),
                    new Match(List.of(second, third), both))),
            nodes,
            List.of(),
            any -> List.of());
    assertEquals(
        List.of("first+second", "third"), result.nodes().stream().map(Node::name).toList());
    assertEquals(1, result.outcomes().size());
  }

  @Test
  void aMatchOfNodesThatAreNotThereIsThePassesMistake() {
    Node sum = add("sum", ALL, new Add(x, y));
    Node stranger = new Node("stranger", "layer", ALL, new Add(x, y));
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class,
            () -> fuse(List.of(sum, stranger), new Anything(List.of(x, y), List.of(x))));
    assertEquals(
        "Node 'stranger' is not part of this plan; expected one of its nodes. [MLA-0302]",
        e.getMessage());
  }

  private static List<Value> concat(List<Value> a, List<Value> b) {
    List<Value> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  private static StepValue value(String name, int width) {
    return StepValue.buffer(name, F32, ALL, width);
  }

  private static RmsNorm norm(StepValue x, StepValue out) {
    return new RmsNorm(x, ArrayWeight.of("ones", F32, new float[] {1, 1, 1, 1}, 4), 1e-6, 1, out);
  }

  private Node add(String name, Rows rows, Op op) {
    Node node = new Node(name, "layer", rows, op);
    nodes.add(node);
    return node;
  }

  private FusionRun.Outcome fuse(List<Node> matched, Op fused) {
    return run(matched, fused).outcomes().getFirst();
  }

  private FusionRun.Result run(List<Node> matched, Op fused) {
    return FusionRun.run(
        new Pass(List.of(new Match(matched, fused))), nodes, List.of(), any -> List.of());
  }
}
