package org.mla4j.api.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.spec.MoeSpec.GroupScore;
import org.mla4j.api.spec.MoeSpec.Scoring;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/** What each op reads and writes: the planner orders, places and skips nodes by nothing else. */
class OpTest {
  private static final CacheValue CACHE =
      new CacheValue("cache", "layer", CacheSpec.mla(4, 2, DType.F32));
  private static final MoeSpec MOE =
      new MoeSpec(4, 2, 1, 3, Scoring.SOFTMAX, 1, 1, GroupScore.MAX, false, 1, 0);
  private static final List<Expert> EXPERTS =
      List.of(
          new Expert(weight("gate0"), weight("up0"), weight("down0")),
          new Expert(weight("gate1"), weight("up1"), weight("down1")));

  /** Op; reads; writes; weights. Of equal kinds the one without its optional parts comes last. */
  static final List<Arguments> OPS =
      List.of(
          arguments(new AbsorbQuery(value("q"), weight("kv_b"), value("out")), "q", "out", "kv_b"),
          arguments(new Add(value("x"), value("y")), "x y", "x", ""),
          arguments(
              new ConcatAndCacheMla(value("kv_c"), value("k_pe"), CACHE),
              "cache k_pe kv_c slot_mapping",
              "cache",
              ""),
          arguments(
              new ConcatAndCacheMla(value("kv_c"), null, CACHE),
              "cache kv_c slot_mapping",
              "cache",
              ""),
          arguments(new CopyBlocks(CACHE), "block_copies cache", "cache", ""),
          arguments(new CopyTo(value("from"), value("to")), "from", "to", ""),
          arguments(new Embedding(weight("table"), value("out")), "token_ids", "out", "table"),
          arguments(
              new GatherCache(CACHE, value("out")), "block_tables cache context_rows", "out", ""),
          arguments(
              new GqaAttention(value("q"), value("k"), value("v"), CACHE, 1, value("out")),
              "block_tables cache k positions q query_start slot_mapping v",
              "cache out",
              ""),
          arguments(
              new Linear(value("x"), weight("w"), weight("b"), value("out")), "x", "out", "b w"),
          arguments(new Linear(value("x"), weight("w"), null, value("out")), "x", "out", "w"),
          arguments(
              new MlaDecodeAttention(
                  value("q_latent"), value("q_pe"), CACHE, 1, value("out"), value("lse")),
              "block_tables cache positions q_latent q_pe",
              "lse out",
              ""),
          arguments(
              new MlaDecodeAttention(value("q_latent"), null, CACHE, 1, value("out"), null),
              "block_tables cache positions q_latent",
              "out",
              ""),
          arguments(
              new MlaDecompressedAttention(
                  value("q"),
                  CACHE,
                  weight("kv_b"),
                  weight("bias"),
                  weight("norm"),
                  1e-6,
                  weight("table"),
                  RopeStyle.NEOX,
                  1,
                  value("out")),
              "block_tables cache positions q query_start",
              "out",
              "bias kv_b norm table"),
          arguments(
              new MlaDecompressedAttention(
                  value("q"),
                  CACHE,
                  weight("kv_b"),
                  null,
                  null,
                  0,
                  null,
                  RopeStyle.NEOX,
                  1,
                  value("out")),
              "block_tables cache positions q query_start",
              "out",
              "kv_b"),
          arguments(
              new MlaPrefillAttention(
                  value("q"),
                  value("q_pe"),
                  value("k"),
                  value("k_pe"),
                  value("v"),
                  1,
                  value("out"),
                  value("lse")),
              "k k_pe q q_pe query_start v",
              "lse out",
              ""),
          arguments(
              new MlaPrefillAttention(
                  value("q"), null, value("k"), null, value("v"), 1, value("out"), null),
              "k q query_start v",
              "out",
              ""),
          arguments(
              new MoeGate(MOE, value("logits"), weight("bias"), value("ids"), value("shares")),
              "logits",
              "ids shares",
              "bias"),
          arguments(
              new MoeGate(MOE, value("logits"), null, value("ids"), value("shares")),
              "logits",
              "ids shares",
              ""),
          arguments(new ProjectValue(value("o"), weight("kv_b"), value("out")), "o", "out", "kv_b"),
          arguments(new RmsNorm(value("x"), weight("w"), 1e-6, 1, value("out")), "x", "out", "w"),
          arguments(
              new RotaryEmbedding(value("q"), value("k"), weight("table"), RopeStyle.NEOX),
              "k positions q",
              "k q",
              "table"),
          arguments(
              new RoutedExperts(
                  MOE, value("x"), value("ids"), value("shares"), EXPERTS, value("out")),
              "ids shares x",
              "out",
              "down0 down1 gate0 gate1 up0 up1"),
          arguments(new Sample(value("logits"), value("ids")), "logits sampling", "ids", ""),
          arguments(new SelectRows(value("x"), value("out")), "logit_rows x", "out", ""),
          arguments(new SiluAndMul(value("gate_up"), value("out")), "gate_up", "out", ""));

  private static StepValue value(String name) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, 4);
  }

  private static WeightHandle weight(String name) {
    return NamedWeight.of(name, 4);
  }

  @ParameterizedTest
  @FieldSource("OPS")
  void namesWhatItReadsAndWrites(Op op, String reads, String writes, String weights) {
    assertEquals(reads, names(op.reads()));
    assertEquals(writes, names(op.writes()));
    assertEquals(
        weights,
        op.weights().stream().map(WeightHandle::name).sorted().collect(Collectors.joining(" ")));
  }

  @ParameterizedTest
  @FieldSource("OPS")
  void isPartOfTheVocabulary(Op op) {
    assertTrue(Op.VOCABULARY.contains(op.type()), op.type());
  }

  @ParameterizedTest
  @FieldSource("OPS")
  void usesNothingBeyondTheFirstLevel(Op op) {
    assertEquals(Set.of(), op.features());
  }

  private static String names(List<Value> values) {
    return values.stream().map(Value::name).sorted().collect(Collectors.joining(" "));
  }

  @Nested
  class Vocabulary {
    @Test
    void isEveryOpThatIsNoLayer() throws ReflectiveOperationException {
      Set<String> types = new TreeSet<>();
      types.add(CompositeOp.MLA_ATTENTION);
      addTypes(Op.class, types);
      assertEquals(types, new TreeSet<>(Op.VOCABULARY));
    }

    @Test
    void ofFusedOpsIsEveryFusedOp() throws ReflectiveOperationException {
      Set<String> types = new TreeSet<>();
      addTypes(FusedOp.class, types);
      assertEquals(types, new TreeSet<>(FusedOp.VOCABULARY));
    }

    /** The names of all records below a sealed interface; open interfaces have none to add. */
    private static void addTypes(Class<?> sealed, Set<String> types)
        throws ReflectiveOperationException {
      for (Class<?> kind : sealed.getPermittedSubclasses()) {
        if (kind.isSealed()) {
          addTypes(kind, types);
        } else if (kind.isRecord()) {
          types.add((String) kind.getField("TYPE").get(null));
        }
      }
    }

    @Test
    void hasNoNameTwice() {
      assertEquals(Op.VOCABULARY.size(), new HashSet<>(Op.VOCABULARY).size());
    }

    @Test
    void isWrittenInLowerCase() {
      for (String type : Op.VOCABULARY) {
        assertTrue(type.matches("[a-z]+(_[a-z]+)*"), type);
      }
    }
  }

  @Nested
  class Features {
    private static StepValue heads(String name) {
      return StepValue.buffer(name, DType.F32, Rows.ALL, 2, 4);
    }

    @Test
    void areAFactorOnANorm() {
      assertEquals(
          Set.of(RmsNorm.OUTPUT_SCALE),
          new RmsNorm(value("x"), weight("w"), 1e-6, 2, value("out")).features());
    }

    @Test
    void areNormsOfHeads() {
      RmsNorm norm = new RmsNorm(heads("x"), weight("w"), 1e-6, 1, heads("x"));
      assertTrue(norm.hasHeads());
      assertEquals(Set.of("norm_heads"), norm.features());
    }

    @Test
    void areSeveralKeyHeads() {
      assertEquals(
          Set.of("key_heads"),
          new RotaryEmbedding(heads("q"), heads("k"), weight("table"), RopeStyle.NEOX).features());
    }

    @Test
    void areFactorsOnWhatIsAddedOrLookedUp() {
      assertEquals(Set.of("add_factor"), new Add(value("x"), value("y"), 0.5).features());
      assertEquals(
          Set.of("embedding_factor"), new Embedding(weight("table"), value("out"), 12).features());
    }
  }

  @Nested
  class Experts {
    @Test
    void areNotChangedBehindTheOpsBack() {
      List<Expert> experts = new ArrayList<>(EXPERTS);
      RoutedExperts op =
          new RoutedExperts(MOE, value("x"), value("ids"), value("shares"), experts, value("out"));
      experts.clear();
      assertEquals(EXPERTS, op.experts());
      assertThrows(UnsupportedOperationException.class, () -> op.experts().clear());
    }
  }
}
