package org.mla4j.models.checkpoint;

import java.util.List;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;

/**
 * A tensor to be written to a GGUF file.
 *
 * @param name in the words of llama.cpp
 * @param shape outermost extent first
 * @param parts the weights that it is made of, one after another; empty if only the rows tell
 * @param rows its values
 */
record ExportTensor(String name, Shape shape, List<WeightHandle> parts, RowSource rows) {
  /** A weight as it is. */
  static ExportTensor of(String name, WeightHandle weight) {
    return of(name, weight.shape(), List.of(weight));
  }

  /** Weights one after another. */
  static ExportTensor of(String name, Shape shape, List<WeightHandle> parts) {
    return new ExportTensor(name, shape, parts, WeightRows.of(parts));
  }

  /** Names it to a writer; copied if it is stored in that type already. */
  void addTo(GgufWriter writer, DType dtype) {
    boolean copied =
        !parts.isEmpty()
            && parts.stream().allMatch(part -> part.isPlain() && part.dtype() == dtype);
    if (copied) {
      writer.copy(name, dtype, shape, parts);
    } else {
      writer.tensor(name, dtype, shape, rows);
    }
  }
}
