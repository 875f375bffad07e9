package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/**
 * All of an MLA layer before attention: hidden states to cache and absorbed queries.
 *
 * <p>It leaves behind the rotated queries of all heads, the (normed) latent and the rotated key,
 * which prefill tokens need, the absorbed queries of decode tokens, and the cache. The query latent
 * and the latent before its norm need not exist.
 *
 * @param qA projection to the query latent; null without a query LoRA
 * @param qNorm norm of the query latent; null for none
 * @param q projection to the queries of all heads, of the query latent or of the hidden states
 * @param kvA projection to latent and rotary key
 * @param kvNorm norm of the latent; null for none
 * @param rope the rotation; null for none
 * @param concat the cache write
 * @param absorb moves the key up-projection to the queries of decode tokens
 */
public record MlaPreprocess(
    @Nullable Linear qA,
    @Nullable RmsNorm qNorm,
    Linear q,
    Linear kvA,
    @Nullable RmsNorm kvNorm,
    @Nullable RotaryEmbedding rope,
    ConcatAndCacheMla concat,
    AbsorbQuery absorb)
    implements FusedOp {
  /** The name of this op. */
  public static final String TYPE = "mla_preprocess";

  /**
   * Checks that each part takes what the one before it made.
   *
   * @throws org.mla4j.api.error.InvalidInputException if one does not
   */
  public MlaPreprocess {
    Parts.require(
        (qA == null ? q.x() : qA.x()).equals(kvA.x()),
        TYPE,
        "queries and latent to come from the same hidden states '" + kvA.x().name() + "'");
    Parts.require(qA != null || qNorm == null, TYPE, "no norm of a query latent there is not");
    if (qA != null) {
      Parts.require(
          (qNorm == null ? qA.out() : qNorm.out()).equals(q.x())
              && (qNorm == null || qNorm.x().equals(qA.out())),
          TYPE,
          "the queries to come from the query latent '" + qA.out().name() + "'");
    }
    Parts.require(
        kvNorm == null
            ? concat.kvC().root().equals(kvA.out().root())
            : concat.kvC().equals(kvNorm.out()) && kvNorm.x().root().equals(kvA.out().root()),
        TYPE,
        "the cache write to take the latent of '" + kvA.out().name() + "'");
    Parts.require(
        rope == null
            || (Objects.equals(rope.k(), concat.kPe()) && rope.q().root().equals(q.out().root())),
        TYPE,
        "the rope to turn the queries and the key that is written");
    Parts.require(
        absorb.qNope().root().equals(q.out().root()),
        TYPE,
        "the absorbed queries to come from '" + q.out().name() + "'");
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Op> parts() {
    List<Op> parts = new ArrayList<>();
    addIfGiven(qA, parts);
    addIfGiven(qNorm, parts);
    parts.add(q);
    parts.add(kvA);
    addIfGiven(kvNorm, parts);
    addIfGiven(rope, parts);
    parts.add(concat);
    parts.add(absorb);
    return List.copyOf(parts);
  }

  private static void addIfGiven(@Nullable Op part, List<Op> parts) {
    if (part != null) {
      parts.add(part);
    }
  }

  /** What its parts read from outside; a view of what a part wrote is not from outside. */
  @Override
  public List<Value> reads() {
    Set<StepValue> made = new LinkedHashSet<>();
    Set<Value> reads = new LinkedHashSet<>();
    for (Op part : parts()) {
      for (Value value : part.reads()) {
        if (!(value instanceof StepValue step && made.contains(step.root()))) {
          reads.add(value);
        }
      }
      for (Value value : part.writes()) {
        if (value instanceof StepValue step) {
          made.add(step.root());
        }
      }
    }
    return List.copyOf(reads);
  }

  @Override
  public List<Value> writes() {
    List<Value> writes = new ArrayList<>(List.of(q.out(), concat.kvC()));
    if (concat.kPe() != null) {
      writes.add(concat.kPe());
    }
    writes.add(concat.cache());
    writes.add(absorb.qLatent());
    return List.copyOf(writes);
  }
}
