package org.mla4j.models.plugin;

import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.Probe;

/** What all these plug-ins answer alike. */
abstract class OwnPlugin implements BackendProvider {
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
}
