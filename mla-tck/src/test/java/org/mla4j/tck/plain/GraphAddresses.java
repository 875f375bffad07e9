package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.GraphArgument;
import org.mla4j.api.op.Op;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;

/** The memory that a kernel was bound to, as arguments that a graph bakes in. */
final class GraphAddresses {
  private GraphAddresses() {}

  static List<GraphArgument> of(Op op, Bindings bindings) {
    Set<Value> values = new LinkedHashSet<>(op.reads());
    values.addAll(op.writes());
    List<GraphArgument> addresses = new ArrayList<>();
    for (Value value : values) {
      if (value instanceof StepValue step) {
        addresses.add(address(step.name(), bindings.tensor(step).tensor()));
      } else if (value instanceof CacheValue cache) {
        for (int i = 0; i < cache.layout().tensors(cache.spec()); i++) {
          addresses.add(address(cache.name() + "[" + i + "]", bindings.cache(cache, i)));
        }
      }
    }
    return addresses;
  }

  private static GraphArgument address(String name, Tensor tensor) {
    return GraphArgument.baked(
        "address of " + name, () -> tensor.segment().address() + tensor.byteOffset());
  }
}
