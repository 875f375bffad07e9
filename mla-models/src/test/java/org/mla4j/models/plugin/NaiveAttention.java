package org.mla4j.models.plugin;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.layer.MlaWeights;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;

/**
 * A vendor's own Multi-Head Latent Attention: one form for every token, every key and value
 * decompressed from the cache each time. Slow, and right.
 */
final class NaiveAttention implements MultiHeadLatentAttention {
  private final MlaSpec spec;
  private final StepTensor hidden;
  private final StepTensor output;
  private final Tensor cache;
  private final float @Nullable [] qProj;
  private final float @Nullable [] qAProj;
  private final float @Nullable [] qANorm;
  private final float @Nullable [] qBProj;
  private final float[] kvAProj;
  private final float[] kvANorm;
  private final float[] kvBProj;
  private final float[] oProj;
  private final float[] rope;

  NaiveAttention(Call call, Bindings bindings) {
    spec = call.spec();
    hidden = bindings.tensor(call.hidden());
    output = bindings.tensor(call.output());
    cache = bindings.cache(call.cache());
    MlaWeights weights = call.weightsByRole();
    qProj = matrix(weights.qProj());
    qAProj = matrix(weights.qAProj());
    qANorm = weights.qANorm() == null ? null : Floats.weight(weights.qANorm());
    qBProj = matrix(weights.qBProj());
    kvAProj = Floats.weight(weights.kvAProj().weight());
    kvANorm = Floats.weight(Objects.requireNonNull(weights.kvANorm()));
    kvBProj = Floats.weight(weights.kvBProj().weight());
    oProj = Floats.weight(weights.oProj().weight());
    WeightHandle table = Objects.requireNonNull(call.ropeTable());
    rope = Floats.weight(table);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    if (step.isProfiling()) {
      for (int token = 0; token < step.tokens(); token++) {
        Floats.write(
            output.tensor().segment(),
            output.offset(step) + token * output.rowBytes(),
            new float[spec.hiddenSize()]);
      }
      return;
    }
    float[][] queries = new float[step.tokens()][];
    for (int token = 0; token < step.tokens(); token++) {
      float[] x =
          Floats.read(
              hidden.tensor().segment(),
              hidden.offset(step) + token * hidden.rowBytes(),
              spec.hiddenSize());
      queries[token] = query(x, step.position(token));
      float[] row = cacheRow(x, step.position(token));
      if (step.hasSlotMapping() && step.slot(token) >= 0) {
        Floats.write(cache.segment(), cellOffset(step.slot(token)), row);
      }
    }
    for (int token = 0; token < step.tokens(); token++) {
      float[] attended = attend(queries[token], step, token);
      Floats.write(
          output.tensor().segment(),
          output.offset(step) + token * output.rowBytes(),
          Floats.multiply(oProj, attended));
    }
  }

  private float[] query(float[] x, int position) {
    float[] q;
    if (qProj != null) {
      q = Floats.multiply(qProj, x);
    } else {
      float[] latent = Floats.multiply(Objects.requireNonNull(qAProj), x);
      Floats.rmsNorm(
          latent, Objects.requireNonNull(qANorm), Objects.requireNonNull(spec.qANorm()).eps());
      q = Floats.multiply(Objects.requireNonNull(qBProj), latent);
    }
    for (int head = 0; head < spec.numHeads(); head++) {
      rotate(q, head * spec.qkHeadDim() + spec.qkNopeHeadDim(), position);
    }
    return q;
  }

  private float[] cacheRow(float[] x, int position) {
    float[] row = Floats.multiply(kvAProj, x);
    float[] latent = Arrays.copyOf(row, spec.kvLoraRank());
    Floats.rmsNorm(latent, kvANorm, Objects.requireNonNull(spec.kvANorm()).eps());
    System.arraycopy(latent, 0, row, 0, latent.length);
    rotate(row, spec.kvLoraRank(), position);
    return row;
  }

  /** Rotates neighbouring pairs: the only style these models have. */
  private void rotate(float[] values, int start, int position) {
    int half = spec.qkRopeHeadDim() / 2;
    for (int i = 0; i < half; i++) {
      float cos = rope[position * 2 * half + i];
      float sin = rope[position * 2 * half + half + i];
      float a = values[start + 2 * i];
      float b = values[start + 2 * i + 1];
      values[start + 2 * i] = a * cos - b * sin;
      values[start + 2 * i + 1] = b * cos + a * sin;
    }
  }

  private float[] attend(float[] q, StepDescription step, int token) {
    int keys = step.position(token) + 1;
    int sequence = step.sequenceOf(token);
    int perHead = spec.qkNopeHeadDim() + spec.vHeadDim();
    double[][] scores = new double[spec.numHeads()][keys];
    float[][] keysAndValues = new float[keys][];
    for (int key = 0; key < keys; key++) {
      int blockSize = step.limits().blockSize();
      long slot = (long) step.block(sequence, key / blockSize) * blockSize + key % blockSize;
      float[] row =
          Floats.read(cache.segment(), cellOffset(slot), spec.kvLoraRank() + spec.qkRopeHeadDim());
      keysAndValues[key] = Floats.multiply(kvBProj, Arrays.copyOf(row, spec.kvLoraRank()));
      for (int head = 0; head < spec.numHeads(); head++) {
        double score = 0;
        for (int i = 0; i < spec.qkNopeHeadDim(); i++) {
          score += (double) q[head * spec.qkHeadDim() + i] * keysAndValues[key][head * perHead + i];
        }
        for (int i = 0; i < spec.qkRopeHeadDim(); i++) {
          score +=
              (double) q[head * spec.qkHeadDim() + spec.qkNopeHeadDim() + i]
                  * row[spec.kvLoraRank() + i];
        }
        scores[head][key] = score * spec.scale();
      }
    }
    float[] out = new float[spec.numHeads() * spec.vHeadDim()];
    for (int head = 0; head < spec.numHeads(); head++) {
      double largest = Arrays.stream(scores[head]).max().orElseThrow();
      double total = Arrays.stream(scores[head]).map(score -> Math.exp(score - largest)).sum();
      for (int i = 0; i < spec.vHeadDim(); i++) {
        double sum = 0;
        for (int key = 0; key < keys; key++) {
          sum +=
              Math.exp(scores[head][key] - largest)
                  * keysAndValues[key][head * perHead + spec.qkNopeHeadDim() + i];
        }
        out[head * spec.vHeadDim() + i] = (float) (sum / total);
      }
    }
    return out;
  }

  private long cellOffset(long slot) {
    long blockSize = cache.shape().extent(1);
    return cache.byteOffset()
        + slot / blockSize * cache.byteStride(0)
        + slot % blockSize * cache.byteStride(1);
  }

  private static float @Nullable [] matrix(MlaWeights.@Nullable Projection projection) {
    return projection == null ? null : Floats.weight(projection.weight());
  }
}
