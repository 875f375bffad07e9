package org.example.packaging;

import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;

/** A backend with one op: enough to see whether it was found. */
public final class OwnNormProvider implements BackendProvider {
  @Override
  public String name() {
    return "own-norm";
  }

  @Override
  public String version() {
    return "1.0";
  }

  @Override
  public int spiLevel() {
    return 1;
  }

  @Override
  public Probe probe() {
    return new Probe.Available("plain Java", true);
  }

  @Override
  public Backend open(EngineContext context) {
    return new Backend() {
      @Override
      public Set<String> ops() {
        return Set.of(RmsNorm.TYPE);
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return new OwnNorm((RmsNorm) op, bindings);
      }

      @Override
      public void close() {}
    };
  }
}
