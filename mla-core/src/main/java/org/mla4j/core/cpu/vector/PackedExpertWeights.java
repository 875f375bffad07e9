package org.mla4j.core.cpu.vector;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.packed.PackedMatrix;
import org.mla4j.core.cpu.packed.PackedWeights;

/**
 * The packed weights of all experts of a layer, one matrix for each expert.
 *
 * @param gates {@code [inner, hidden]} each
 * @param ups {@code [inner, hidden]} each; they read their inputs as the gates do
 * @param downs {@code [hidden, inner]} each
 */
record PackedExpertWeights(
    List<PackedMatrix> gates, List<PackedMatrix> ups, List<PackedMatrix> downs) {
  /** Packs them; empty if some cannot be packed. */
  static Optional<PackedExpertWeights> of(RoutedExperts op, PackedWeights weights) {
    if (!op.weights().stream().allMatch(PackedWeights::canPack)) {
      return Optional.empty();
    }
    List<PackedMatrix> gates = pack(op.experts(), Expert::gate, weights);
    List<PackedMatrix> ups = pack(op.experts(), Expert::up, weights);
    List<PackedMatrix> downs = pack(op.experts(), Expert::down, weights);
    boolean complete =
        gates.size() + ups.size() + downs.size() == 3 * op.experts().size()
            && readAlike(gates)
            && readAlike(ups)
            && readAlike(downs)
            && readAlike(List.of(gates.getFirst(), ups.getFirst()));
    return complete ? Optional.of(new PackedExpertWeights(gates, ups, downs)) : Optional.empty();
  }

  private static List<PackedMatrix> pack(
      List<Expert> experts, Function<Expert, WeightHandle> part, PackedWeights weights) {
    return experts.stream().map(part).flatMap(weight -> weights.matrix(weight).stream()).toList();
  }

  /** Whether all read their inputs alike. Files mix types by layer, not by expert. */
  private static boolean readAlike(List<PackedMatrix> matrices) {
    for (PackedMatrix matrix : matrices) {
      if (matrix.paddedColumns() != matrices.getFirst().paddedColumns()
          || matrix.needsSums() != matrices.getFirst().needsSums()) {
        return false;
      }
    }
    return !matrices.isEmpty();
  }

  /** One of the gates; the ups have the same shape and read the same inputs. */
  PackedMatrix anyGate() {
    return gates.getFirst();
  }

  /** One of the matrices that lead back; all have the same shape and read the same inputs. */
  PackedMatrix anyDown() {
    return downs.getFirst();
  }
}
