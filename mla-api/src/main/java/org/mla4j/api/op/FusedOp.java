package org.mla4j.api.op;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * An op that does the work of several at once. It is defined as its {@linkplain #parts() parts} one
 * after another: what it leaves in the values that it {@linkplain #writes() writes} is what they
 * would leave there. Results between the parts that it does not write need not exist.
 *
 * <p>Models never ask for one; passes over the plan put it in the place of its parts.
 */
public sealed interface FusedOp extends Op
    permits FusedAddRmsNorm,
        MlaPreprocess,
        QkvAProj,
        RmsNormRopeConcatAndCacheMla,
        RopeConcatAndCacheMla {
  /** The names of all fused ops, as users write them in op lists. */
  List<String> VOCABULARY =
      List.of(
          FusedAddRmsNorm.TYPE,
          MlaPreprocess.TYPE,
          QkvAProj.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE);

  /**
   * Returns the ops it stands for.
   *
   * @return in the order that defines the result
   */
  List<Op> parts();

  /** What the parts read and no part before them wrote. */
  @Override
  default List<Value> reads() {
    Set<Value> written = new LinkedHashSet<>();
    Set<Value> reads = new LinkedHashSet<>();
    for (Op part : parts()) {
      part.reads().stream().filter(value -> !written.contains(value)).forEach(reads::add);
      written.addAll(part.writes());
    }
    return List.copyOf(reads);
  }

  /** What the parts write. */
  @Override
  default List<Value> writes() {
    Set<Value> writes = new LinkedHashSet<>();
    parts().forEach(part -> writes.addAll(part.writes()));
    return List.copyOf(writes);
  }

  @Override
  default List<WeightHandle> weights() {
    List<WeightHandle> weights = new ArrayList<>();
    parts().forEach(part -> weights.addAll(part.weights()));
    return List.copyOf(weights);
  }

  @Override
  default Set<String> features() {
    Set<String> features = new LinkedHashSet<>();
    parts().forEach(part -> features.addAll(part.features()));
    return Set.copyOf(features);
  }
}
