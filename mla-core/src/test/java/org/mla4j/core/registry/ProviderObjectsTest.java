package org.mla4j.core.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.plugin.ProviderObjects;

class ProviderObjectsTest {
  private static final ClassLoader OWN = ProviderObjectsTest.class.getClassLoader();

  @Test
  void objectIsFoundBesideThoseOfTheClassPath() {
    BackendProvider own = new Own();
    BackendRegistry registry = BackendRegistry.discover(new ProviderObjects(OWN, own));
    assertSame(own, registry.require("own").provider());
    assertEquals("cpu", registry.require("cpu").name());
  }

  @Test
  void classThatIsFoundTooCountsOnce() {
    BackendProvider cpu = new CpuBackendProvider();
    BackendRegistry registry = BackendRegistry.discover(new ProviderObjects(OWN, cpu));
    assertSame(cpu, registry.require("cpu").provider());
  }

  private static final class Own implements BackendProvider {
    @Override
    public String name() {
      return "own";
    }

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
      return new Probe.Available("itself", true);
    }

    @Override
    public Backend open(EngineContext context) {
      return () -> {};
    }
  }
}
