package org.mla4j.api.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.testing.NamedWeight;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/** Attention as one op, from any stage to any form: H = 8, N = 2, Lq = 6, L = 4, P = 3, R = 2. */
class MlaAttentionTest {
  private static final MlaSpec FULL = TestMla.full().build();
  private static final MlaSpec DIRECT = TestMla.direct().build();
  private static final MlaSpec ROPELESS = TestMla.direct().qkRopeHeadDim(0).build();

  private static StepValue value(String name, long width) {
    return StepValue.buffer(name, DType.F32, Rows.ALL, width);
  }

  private static MlaAttention attention(
      MlaSpec spec,
      AttentionForm form,
      long query,
      @Nullable String queryRope,
      @Nullable String kvC,
      @Nullable String kPe,
      long out) {
    TestMla weights = TestMla.weightsOf(spec);
    if (spec.qkRopeHeadDim() == 0) {
      weights.shaped("q_proj", 6, 8).shaped("kv_a_proj_with_mqa", 4, 8);
    }
    return new MlaAttention(
        "layers.0.attn",
        spec,
        weights.build(),
        spec.rope() == null ? null : NamedWeight.of("rope_table", 64, 2),
        form,
        value("query", query),
        queryRope == null ? null : value(queryRope, 4),
        kvC == null ? null : value(kvC, 4),
        kPe == null ? null : value(kPe, 2),
        new CacheValue("cache", "layers.0.attn", spec.cache()),
        value("out", out));
  }

  private static MlaAttention attention(InputStage stage, OutputForm form, long query, long out) {
    boolean separate = stage != InputStage.HIDDEN && stage != InputStage.ABSORBED;
    return attention(
        FULL,
        new AttentionForm(stage, form),
        query,
        stage == InputStage.ABSORBED ? "query_rope" : null,
        separate ? "kv_c" : null,
        separate ? "k_pe" : null,
        out);
  }

  private static String names(List<Value> values) {
    return values.stream().map(Value::name).sorted().collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "HIDDEN, 8, block_tables cache positions query query_start slot_mapping, cache out",
    "LATENTS, 6, block_tables cache k_pe kv_c positions query query_start slot_mapping,"
        + " cache k_pe out query",
    "NORMED, 10, block_tables cache k_pe kv_c positions query query_start slot_mapping,"
        + " cache k_pe out query",
    "ROPED, 10, block_tables cache k_pe kv_c positions query query_start, out",
    "ABSORBED, 8, block_tables cache positions query query_rope query_start, out"
  })
  void touchesWhatItsStageSays(InputStage stage, long query, String reads, String writes) {
    MlaAttention op = attention(stage, OutputForm.HEADS, query, 10);
    assertEquals("mla_attention", op.type());
    assertEquals(reads, names(op.reads()));
    assertEquals(writes, names(op.writes()));
    assertEquals(writes.contains("cache"), op.writesCache());
  }

  @ParameterizedTest
  @CsvSource({"LATENT, 8", "HEADS, 10", "HIDDEN, 8"})
  void returnsTheWidthOfItsForm(OutputForm form, long width) {
    assertEquals(width, attention(InputStage.ROPED, form, 10, width).out().rowWidth());
  }

  @Test
  void withoutAQueryLatentTheQueriesAreProjectedAlready() {
    MlaAttention op =
        attention(
            DIRECT,
            new AttentionForm(InputStage.LATENTS, OutputForm.HEADS),
            10,
            null,
            "kv_c",
            "k_pe",
            10);
    assertEquals(10, op.query().rowWidth());
  }

  @Test
  void withoutRopeThereIsNoKey() {
    AttentionForm absorbed = new AttentionForm(InputStage.ABSORBED, OutputForm.HEADS);
    assertEquals(
        "block_tables cache positions query query_start",
        names(attention(ROPELESS, absorbed, 8, null, null, null, 10).reads()));
    assertEquals(
        "block_tables cache kv_c positions query query_start",
        names(attention(ROPELESS, AttentionForm.DEFAULT, 6, null, "kv_c", null, 10).reads()));
    assertRefused(
        "layers.0.attn: attention of form 'roped -> heads': kPe is given; expected it to be absent."
            + " [MLA-0302]",
        () -> attention(ROPELESS, AttentionForm.DEFAULT, 6, null, "kv_c", "k_pe", 10));
  }

  @Test
  void takesTheWeightsOfTheWholeLayerAndTheTable() {
    MlaAttention op = attention(InputStage.ROPED, OutputForm.HEADS, 10, 10);
    List<String> names = op.weights().stream().map(WeightHandle::name).toList();
    List<String> ofTheLayer =
        op.weightsByRole().handles().stream().map(WeightHandle::name).toList();
    assertEquals(ofTheLayer, names.subList(0, names.size() - 1));
    assertEquals("rope_table", names.getLast());
    MlaAttention direct = attention(DIRECT, AttentionForm.DEFAULT, 10, null, "kv_c", "k_pe", 10);
    assertEquals(direct.weightsByRole().handles().size(), direct.weights().size());
  }

  @Test
  void missingPartsAreNamed() {
    assertRefused(
        "layers.0.attn: attention of form 'normed -> hidden': kvC is missing; expected it to be"
            + " given. [MLA-0302]",
        () ->
            attention(
                FULL,
                new AttentionForm(InputStage.NORMED, OutputForm.HIDDEN),
                10,
                null,
                null,
                "k_pe",
                8));
    assertRefused(
        "layers.0.attn: attention of form 'roped -> heads': kPe is missing; expected it to be"
            + " given. [MLA-0302]",
        () -> attention(FULL, AttentionForm.DEFAULT, 10, null, "kv_c", null, 10));
    assertRefused(
        "layers.0.attn: attention of form 'absorbed -> latent': queryRope is missing; expected it"
            + " to be given. [MLA-0302]",
        () ->
            attention(
                FULL,
                new AttentionForm(InputStage.ABSORBED, OutputForm.LATENT),
                8,
                null,
                null,
                null,
                8));
  }

  @Test
  void partsOfAnotherStageAreRefused() {
    assertRefused(
        "layers.0.attn: attention of form 'hidden -> hidden': kvC is given; expected it to be"
            + " absent. [MLA-0302]",
        () ->
            attention(
                FULL,
                new AttentionForm(InputStage.HIDDEN, OutputForm.HIDDEN),
                8,
                null,
                "kv_c",
                null,
                8));
    assertRefused(
        "layers.0.attn: attention of form 'roped -> heads': queryRope is given; expected it to be"
            + " absent. [MLA-0302]",
        () -> attention(FULL, AttentionForm.DEFAULT, 10, "query_rope", "kv_c", "k_pe", 10));
  }

  @Test
  void widthsAreThoseOfStageAndForm() {
    assertRefused(
        "layers.0.attn: attention of form 'latents -> heads': query is query F32 ALL x [10];"
            + " expected rows of 6 elements. [MLA-0302]",
        () -> attention(InputStage.LATENTS, OutputForm.HEADS, 10, 10));
    assertRefused(
        "layers.0.attn: attention of form 'roped -> latent': out is out F32 ALL x [10]; expected"
            + " rows of 8 elements. [MLA-0302]",
        () -> attention(InputStage.ROPED, OutputForm.LATENT, 10, 10));
  }

  @Test
  void saysTheFeaturesOfItsLayer() {
    MlaAttention op = attention(InputStage.ROPED, OutputForm.HEADS, 10, 10);
    assertEquals(Set.of(MultiHeadLatentAttention.HEAD_NORM), op.features());
  }
}
