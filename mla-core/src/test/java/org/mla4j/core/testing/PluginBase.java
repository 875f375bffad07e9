package org.mla4j.core.testing;

import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Probe;

/** What all providers of tests have in common. */
public abstract class PluginBase implements BackendProvider {
  @Override
  public String version() {
    return "1";
  }

  @Override
  public int spiLevel() {
    return 1;
  }

  @Override
  public Probe probe() {
    return new Probe.Available("what cpu has", true);
  }
}
