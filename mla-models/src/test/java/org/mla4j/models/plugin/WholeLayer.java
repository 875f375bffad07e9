package org.mla4j.models.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Support;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;

/** The largest plug: a backend that takes the whole attention layer. */
public final class WholeLayer implements BackendProvider {
  @Override
  public String name() {
    return "whole-layer";
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
      public Set<String> layers() {
        return Set.of(MultiHeadLatentAttention.TYPE);
      }

      @Override
      public Support supports(Op op) {
        var spec = ((MultiHeadLatentAttention.Call) op).spec();
        List<String> reasons = new ArrayList<>();
        if (spec.cacheDType() != DType.F32) {
          reasons.add("cacheDType = " + spec.cacheDType() + "; only F32 is supported");
        }
        if (spec.kvANorm() == null) {
          reasons.add("no kvANorm; only a normed latent is supported");
        }
        if (spec.rope() == null || spec.rope().style() != RopeStyle.INTERLEAVED) {
          reasons.add("rope = " + spec.rope() + "; only INTERLEAVED is supported");
        }
        return Support.unless(reasons);
      }

      @Override
      public PluggableLayer createLayer(LayerCall call, Bindings bindings) {
        return new NaiveAttention((MultiHeadLatentAttention.Call) call, bindings);
      }

      @Override
      public void close() {}
    };
  }
}
