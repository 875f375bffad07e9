package org.mla4j.tck.reference;

import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ProjectValue;

/** The joint up-projection applied to queries and to attention output, head by head. */
final class HeadReference {
  private HeadReference() {}

  static void absorb(AbsorbQuery op, StepMemory memory) {
    int heads = Math.toIntExact(op.qNope().rowShape().extent(0));
    double[] kvB = memory.weights(op.kvB());
    int latent = op.qLatent().rowWidth() / heads;
    for (int row = 0; row < memory.rows(op.qLatent()); row++) {
      memory.setRow(op.qLatent(), row, absorb(memory.row(op.qNope(), row), kvB, heads, latent));
    }
  }

  static double[] absorb(double[] qNope, double[] kvB, int heads, int latent) {
    int nope = qNope.length / heads;
    int rowsPerHead = kvB.length / latent / heads;
    double[] absorbed = new double[heads * latent];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < nope; i++) {
        int row = (head * rowsPerHead + i) * latent;
        for (int j = 0; j < latent; j++) {
          absorbed[head * latent + j] += kvB[row + j] * qNope[head * nope + i];
        }
      }
    }
    return absorbed;
  }

  static void project(ProjectValue op, StepMemory memory) {
    int heads = Math.toIntExact(op.out().rowShape().extent(0));
    double[] kvB = memory.weights(op.kvB());
    int value = op.out().rowWidth() / heads;
    for (int row = 0; row < memory.rows(op.out()); row++) {
      memory.setRow(op.out(), row, project(memory.row(op.oLatent(), row), kvB, heads, value));
    }
  }

  static double[] project(double[] oLatent, double[] kvB, int heads, int value) {
    int latent = oLatent.length / heads;
    int rowsPerHead = kvB.length / latent / heads;
    double[] out = new double[heads * value];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < value; i++) {
        int row = head * rowsPerHead + rowsPerHead - value + i;
        out[head * value + i] = Algebra.dot(kvB, row * latent, oLatent, head * latent, latent);
      }
    }
    return out;
  }
}
