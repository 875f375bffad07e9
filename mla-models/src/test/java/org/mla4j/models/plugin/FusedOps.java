package org.mla4j.models.plugin;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.Op;

/**
 * A plug-in with fused ops only: all of them, or those of its option {@code ops}, separated by plus
 * signs. It runs the parts with the kernels of {@code cpu}, so that results must not change by a
 * bit.
 */
public final class FusedOps extends OwnPlugin {
  /** The name of the backend. */
  public static final String NAME = "fused-ops";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Backend open(EngineContext context) {
    String all = String.join("+", FusedOp.VOCABULARY);
    Set<String> ops =
        new TreeSet<>(Arrays.asList(context.options().getOrDefault("ops", all).split("\\+")));
    return new CpuInside(context) {
      @Override
      public Set<String> ops() {
        return ops;
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return new Parts(((FusedOp) op).parts(), cpu(), new ScratchBindings(op, bindings, context));
      }
    };
  }
}
