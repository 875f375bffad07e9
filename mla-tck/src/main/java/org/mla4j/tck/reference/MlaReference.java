package org.mla4j.tck.reference;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;

/**
 * A whole MLA layer, or its attention between two stages, in one algebraic form for all tokens: the
 * absorbed one. New tokens of a prompt see each other as they are, all else as the cache stores it.
 */
final class MlaReference {
  private final MlaSpec spec;
  private final MlaWeights weights;
  private final double @Nullable [] ropeTable;
  private final CacheValue cache;
  private final StepMemory memory;
  private final StepDescription step;

  /** Cache rows by slot, decoded once. */
  private final Map<Long, double[]> decoded = new HashMap<>();

  private MlaReference(
      MlaSpec spec,
      MlaWeights weights,
      @Nullable WeightHandle ropeTable,
      CacheValue cache,
      StepMemory memory) {
    this.spec = spec;
    this.weights = weights;
    this.ropeTable = ropeTable == null ? null : memory.weights(ropeTable);
    this.cache = cache;
    this.memory = memory;
    this.step = memory.step();
  }

  /** What is known of a token: absorbed query, its rotated part, latent and key. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Token(
      double[] qLatent, double[] qPe, double @Nullable [] latent, double @Nullable [] key) {}

  static void layer(MultiHeadLatentAttention.Call call, StepMemory memory) {
    if (!call.spec().absorbable() || call.weightsByRole().kvBProj().bias() != null) {
      decompressed(call, memory);
      return;
    }
    MlaReference reference =
        new MlaReference(call.spec(), call.weightsByRole(), call.ropeTable(), call.cache(), memory);
    Token[] tokens = new Token[memory.rows(call.hidden())];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = reference.fromHidden(i, memory.row(call.hidden(), i));
    }
    reference.finish(tokens, true, OutputForm.HIDDEN, call.output());
  }

  /** A layer that cannot absorb: its queries and the keys in its cache are not rotated. */
  private static void decompressed(MultiHeadLatentAttention.Call call, StepMemory memory) {
    MlaSpec spec = call.spec();
    MlaWeights weights = call.weightsByRole();
    MlaReference reference =
        new MlaReference(spec, weights, call.ropeTable(), call.cache(), memory);
    double[][] queries = new double[memory.rows(call.hidden())][];
    Token[] tokens = new Token[queries.length];
    for (int i = 0; i < tokens.length; i++) {
      double[] x = memory.row(call.hidden(), i);
      double[] query = reference.project(spec.hasQLora() ? weights.qAProj() : weights.qProj(), x);
      queries[i] = reference.queries(query);
      double[] kvA = reference.project(weights.kvAProj(), x);
      double[] latent = java.util.Arrays.copyOf(kvA, spec.kvLoraRank());
      tokens[i] =
          new Token(
              queries[i],
              new double[0],
              reference.latent(latent),
              java.util.Arrays.copyOfRange(kvA, spec.kvLoraRank(), kvA.length));
    }
    reference.write(tokens);
    NormSpec keyNorm = spec.kHeadNorm();
    var attention =
        new DecompressedReference(
            new MlaDecompressedAttention(
                call.hidden(),
                call.cache(),
                weights.kvBProj().weight(),
                weights.kvBProj().bias(),
                weights.kHeadNorm(),
                keyNorm == null ? 0 : keyNorm.eps(),
                call.ropeTable(),
                spec.rope() == null ? RopeStyle.NEOX : spec.rope().style(),
                spec.scale(),
                call.output()),
            spec.numHeads(),
            spec.qkHeadDim(),
            memory);
    for (int i = 0; i < tokens.length; i++) {
      double[] attended = attention.attend(i, queries[i]);
      memory.setRow(call.output(), i, reference.project(weights.oProj(), attended));
    }
  }

  static void attention(MlaAttention op, StepMemory memory) {
    MlaReference reference =
        new MlaReference(op.spec(), op.weightsByRole(), op.ropeTable(), op.cache(), memory);
    Token[] tokens = new Token[memory.rows(op.query())];
    for (int i = 0; i < tokens.length; i++) {
      double[] query = memory.row(op.query(), i);
      double[] latent = rowOf(op.kvC(), i, memory);
      double[] key = rowOf(op.kPe(), i, memory);
      tokens[i] =
          switch (op.form().takes()) {
            case HIDDEN -> reference.fromHidden(i, query);
            case LATENTS -> reference.fromLatents(i, query, latent, key);
            case NORMED -> reference.fromNormed(i, query, latent, key);
            case ROPED -> reference.fromRoped(query, latent, key);
            case ABSORBED -> new Token(query, rowOf(op.queryRope(), i, memory), null, null);
          };
    }
    reference.finish(
        tokens, op.form().takes().compareTo(InputStage.ROPED) < 0, op.form().returns(), op.out());
  }

  private static double[] rowOf(@Nullable StepValue value, int row, StepMemory memory) {
    return value == null ? new double[0] : memory.row(value, row);
  }

  private Token fromHidden(int token, double[] hidden) {
    double[] query =
        spec.hasQLora() ? project(weights.qAProj(), hidden) : project(weights.qProj(), hidden);
    double[] kvA = project(weights.kvAProj(), hidden);
    double[] latent = java.util.Arrays.copyOf(kvA, spec.kvLoraRank());
    double[] key = java.util.Arrays.copyOfRange(kvA, spec.kvLoraRank(), kvA.length);
    return fromLatents(token, query, latent, key);
  }

  private Token fromLatents(int token, double[] query, double[] latent, double[] key) {
    return fromNormed(token, queries(query), latent(latent), key);
  }

  /** Normed queries of all heads, of their latent or as they were projected. */
  private double[] queries(double[] query) {
    double[] queries = query;
    if (spec.hasQLora()) {
      queries =
          project(
              weights.qBProj(), norm(query, spec.qANorm(), weights.qANorm(), spec.qLatentScale()));
    }
    double[] normed = queries.clone();
    int width = spec.qkHeadDim();
    for (int start = 0; start < normed.length; start += width) {
      double[] head = java.util.Arrays.copyOfRange(queries, start, start + width);
      double[] of = norm(head, spec.qHeadNorm(), weights.qHeadNorm(), 1);
      System.arraycopy(of, 0, normed, start, width);
    }
    return normed;
  }

  private double[] latent(double[] latent) {
    return norm(latent, spec.kvANorm(), weights.kvANorm(), spec.kvLatentScale());
  }

  private Token fromNormed(int token, double[] queries, double[] latent, double[] key) {
    double[] turned = queries.clone();
    double[] turnedKey = key.clone();
    if (spec.rope() != null && ropeTable != null) {
      int position = step.position(token);
      int width = spec.qkRopeHeadDim();
      for (int head = 0; head < spec.numHeads(); head++) {
        int start = head * spec.qkHeadDim() + spec.qkNopeHeadDim();
        Algebra.rotate(turned, start, width, ropeTable, position, spec.rope().style());
      }
      Algebra.rotate(turnedKey, 0, width, ropeTable, position, spec.rope().style());
    }
    return fromRoped(turned, latent, turnedKey);
  }

  private Token fromRoped(double[] queries, double[] latent, double[] key) {
    int heads = spec.numHeads();
    int nope = spec.qkNopeHeadDim();
    int rope = spec.qkRopeHeadDim();
    double[] qNope = new double[heads * nope];
    double[] qPe = new double[heads * rope];
    for (int head = 0; head < heads; head++) {
      System.arraycopy(queries, head * (nope + rope), qNope, head * nope, nope);
      System.arraycopy(queries, head * (nope + rope) + nope, qPe, head * rope, rope);
    }
    double[] kvB = memory.weights(weights.kvBProj().weight());
    return new Token(HeadReference.absorb(qNope, kvB, heads, spec.kvLoraRank()), qPe, latent, key);
  }

  private void finish(Token[] tokens, boolean writes, OutputForm form, StepValue out) {
    if (writes) {
      write(tokens);
    }
    for (int i = 0; i < tokens.length; i++) {
      memory.setRow(out, i, returned(attend(i, tokens), form));
    }
  }

  private void write(Token[] tokens) {
    for (int i = 0; step.hasSlotMapping() && i < tokens.length; i++) {
      if (step.slot(i) >= 0) {
        double[] row = row(tokens[i]);
        for (int element = 0; element < row.length; element++) {
          memory.cache(cache, step.slot(i), element, row[element]);
        }
      }
    }
  }

  private static double[] row(Token token) {
    double[] latent = Objects.requireNonNull(token.latent);
    double[] key = Objects.requireNonNull(token.key);
    double[] row = java.util.Arrays.copyOf(latent, latent.length + key.length);
    System.arraycopy(key, 0, row, latent.length, key.length);
    return row;
  }

  private double[] attend(int index, Token[] tokens) {
    int heads = spec.numHeads();
    int latent = spec.kvLoraRank();
    double[] out = new double[heads * latent];
    if (step.isProfiling()) {
      return out;
    }
    int sequence = step.sequenceOf(index);
    int count = step.position(index) + 1;
    int context = step.sequenceLength(sequence) - step.queryLength(sequence);
    boolean fresh = index >= step.count(Rows.DECODE) && tokens[index].latent != null;
    double[][] keys = new double[count][];
    for (int position = 0; position < count; position++) {
      keys[position] =
          fresh && position >= context
              ? row(tokens[step.queryStart(sequence) + position - context])
              : decoded.computeIfAbsent(
                  memory.slot(sequence, position), memory.cacheModel(cache)::decode);
    }
    Token token = tokens[index];
    for (int head = 0; head < heads; head++) {
      var result =
          AttentionReference.latentHead(
              token.qLatent, token.qPe, head, latent, heads, keys, count, spec.scale());
      System.arraycopy(result.out(), 0, out, head * latent, latent);
    }
    return out;
  }

  private double[] returned(double[] oLatent, OutputForm form) {
    if (form == OutputForm.LATENT) {
      return oLatent;
    }
    double[] kvB = memory.weights(weights.kvBProj().weight());
    double[] attended = HeadReference.project(oLatent, kvB, spec.numHeads(), spec.vHeadDim());
    return form == OutputForm.HEADS ? attended : project(weights.oProj(), attended);
  }

  private double[] project(@Nullable Projection projection, double[] x) {
    Projection given = Objects.requireNonNull(projection);
    double[] weight = memory.weights(given.weight());
    double[] bias =
        given.bias() == null ? new double[weight.length / x.length] : memory.weights(given.bias());
    return Algebra.product(weight, x, bias);
  }

  private double[] norm(
      double[] x, @Nullable NormSpec norm, @Nullable WeightHandle weight, double scale) {
    if (norm == null) {
      return x;
    }
    return Algebra.norm(x, memory.weights(Objects.requireNonNull(weight)), norm.eps(), scale);
  }
}
