package org.mla4j.tck.plain;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.step.StepDescription;

/**
 * Attention of one token in latent space: keys are latents with their rotary keys, which a caller
 * has collected, values are the latents.
 */
final class LatentAttention {
  private final RowView qLatent;
  private final @Nullable RowView qPe;
  private final RowView out;
  private final AttentionRows rows;
  private final double scale;
  private final int latent;
  private final int scored;
  private final int width;
  private final boolean roundsBlocks;
  private final Workspace keys;
  private final Workspace scores;
  private final Softmax softmax;

  LatentAttention(
      RowView qLatent,
      @Nullable RowView qPe,
      RowView out,
      @Nullable RowView lse,
      double scale,
      PlainContext context) {
    this.qLatent = qLatent;
    this.qPe = qPe;
    this.out = out;
    latent = qLatent.inner();
    width = latent + (qPe == null ? 0 : qPe.inner());
    this.scale = context.wrong(Mistake.SCALE_OF_CACHE_WIDTH) ? 1 / Math.sqrt(width) : scale;
    scored = context.wrong(Mistake.LATENT_BEYOND_256_LOST) ? Math.min(latent, 256) : latent;
    roundsBlocks = context.wrong(Mistake.BLOCKS_IN_SUM);
    rows = new AttentionRows(out, lse, context);
    // One more than a sequence can have, for the mistake that sees a row of block 0.
    int most = context.engine().limits().blocksPerSequence();
    most = most * context.engine().limits().blockSize() + 1;
    keys = context.workspace("keys of a token", Math.multiplyExact(most, width));
    scores = context.workspace("scores of a token", most);
    softmax = new Softmax(context);
  }

  int width() {
    return width;
  }

  /** Starts a batch. */
  void begin() {
    softmax.begin();
  }

  /** Takes an element of a key. */
  void key(int worker, int key, int element, double number) {
    keys.set(worker, key * width + element, number);
  }

  /** Attends to the keys taken. */
  void attend(StepDescription step, int row, int count, int worker) {
    if (count == 0) {
      rows.empty(step, row);
      return;
    }
    for (int head = 0; head < qLatent.outer(); head++) {
      for (int j = 0; j < count; j++) {
        scores.set(worker, j, scale * score(step, row, head, j, worker));
      }
      rows.lse(step, row, head, softmax.weights(scores, worker, count));
      for (int l = 0; l < latent; l++) {
        double sum = 0;
        for (int j = 0; j < count; j++) {
          if (roundsBlocks && j % step.limits().blockSize() == 0) {
            sum = inSinglePrecision(sum);
          }
          sum += scores.get(worker, j) * keys.get(worker, j * width + l);
        }
        out.set(out.at(step, row), head, l, (float) sum);
      }
    }
  }

  private static double inSinglePrecision(double number) {
    return (float) number;
  }

  private double score(StepDescription step, int row, int head, int key, int worker) {
    long at = qLatent.at(step, row);
    double score = 0;
    for (int l = 0; l < scored; l++) {
      score += qLatent.get(at, head, l) * keys.get(worker, key * width + l);
    }
    if (qPe != null) {
      long atRope = qPe.at(step, row);
      for (int r = latent; r < width; r++) {
        score += qPe.get(atRope, head, r - latent) * keys.get(worker, key * width + r);
      }
    }
    return score;
  }
}
