package org.mla4j.models.checkpoint;

import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;

/**
 * The two halves in which llama.cpp keeps the projection from the latent to keys and values: the
 * opposite of {@link JoinedProjection}.
 *
 * @param joined {@code [heads * (key + value), rank]}
 * @param heads number of heads
 * @param key length of a head's key
 * @param value length of a head's value
 */
record LatentHalves(WeightHandle joined, int heads, int key, int value) {
  private int rank() {
    return Math.toIntExact(joined.shape().extent(1));
  }

  Shape keyShape() {
    return Shape.of(heads, rank(), key);
  }

  Shape valueShape() {
    return Shape.of(heads, value, rank());
  }

  /** Rows of keys, turned over: one for each number of the latent, in each head. */
  RowSource keys() {
    return sink -> {
      try (WeightRows rows = new WeightRows(joined)) {
        float[][] head = new float[key][rank()];
        float[] turned = new float[key];
        for (long i = 0; i < heads; i++) {
          for (int j = 0; j < key; j++) {
            rows.read(i * (key + value) + j, head[j]);
          }
          for (int latent = 0; latent < rank(); latent++) {
            for (int j = 0; j < key; j++) {
              turned[j] = head[j][latent];
            }
            sink.accept(turned);
          }
        }
      }
    };
  }

  /** Rows of values. */
  RowSource values() {
    return sink -> {
      try (WeightRows rows = new WeightRows(joined)) {
        float[] row = new float[rank()];
        for (long i = 0; i < heads; i++) {
          for (int j = 0; j < value; j++) {
            rows.read(i * (key + value) + key + j, row);
            sink.accept(row);
          }
        }
      }
    };
  }
}
