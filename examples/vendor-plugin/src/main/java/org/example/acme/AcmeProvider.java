package org.example.acme;

import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;

/** What an engine asks before it opens anything. */
public final class AcmeProvider implements BackendProvider {
  /** Used by {@link java.util.ServiceLoader}. */
  public AcmeProvider() {}

  @Override
  public String name() {
    return "acme";
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
    return new Probe.Available("no device needed", true);
  }

  @Override
  public Backend open(EngineContext context) {
    return new AcmeBackend(context);
  }
}
