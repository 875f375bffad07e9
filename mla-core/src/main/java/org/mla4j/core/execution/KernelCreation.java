package org.mla4j.core.execution;

import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.error.BackendException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.core.plan.PlannedNode;
import org.mla4j.core.plan.WholePlan;

/** Asks a backend for a kernel and says who failed if it cannot. */
final class KernelCreation {
  private KernelCreation() {}

  static Kernel create(PlannedNode planned, Bindings bindings) {
    Backend backend = planned.backend().backend();
    try {
      return switch (planned.node().op()) {
        case LayerCall layer -> backend.createLayer(layer, bindings);
        case WholePlan plan -> backend.createPlan(plan.nodes(), bindings);
        case Op op -> backend.create(op, bindings);
      };
    } catch (MlaException e) {
      throw e; // says already what was given and expected
    } catch (RuntimeException | LinkageError e) {
      throw new BackendException(
          ErrorCode.CREATE_FAILED,
          "Backend '"
              + planned.backend().name()
              + "' said it supports '"
              + planned.node().op().type()
              + "' of '"
              + planned.node().name()
              + "', but failed to create it: "
              + e,
          e);
    }
  }
}
