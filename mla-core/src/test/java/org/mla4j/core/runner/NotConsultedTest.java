package org.mla4j.core.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.backend.Support;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.op.Op;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.testing.PluginLoader;
import org.mla4j.core.testing.TinyModel;

/** A plug-in that is installed but has no say does not go unnoticed. */
class NotConsultedTest {
  private static final String NO_MATCH =
      "has no op or layer of this plan that was not switched off";

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();

  /** Has an op that no plan of the tiny model has. */
  public static final class OtherOps extends Silent {
    public OtherOps() {
      super("other-ops", Set.of("moe_gate"));
    }
  }

  /** Has an op of every plan, which it declines. */
  public static final class Choosy extends Silent {
    public Choosy() {
      super("choosy", Set.of("add"));
    }
  }

  /** Cannot be used here. */
  public static final class Missing extends Silent {
    public Missing() {
      super("missing", Set.of());
    }

    @Override
    public Probe probe() {
      return new Probe.Unavailable("no such device");
    }
  }

  /** Says it can be used, then cannot be opened. */
  public static final class Stuck extends Silent {
    public Stuck() {
      super("stuck", Set.of());
    }

    @Override
    public Backend open(EngineContext context) {
      throw new IllegalStateException("the device is busy");
    }
  }

  @Test
  void auto() {
    assertEquals(
        List.of(new Declined("other-ops", "plan", List.of(NO_MATCH))),
        explain(OtherOps.class, options -> {}).notConsulted());
    assertEquals(List.of(warning("other-ops", NO_MATCH)), warnings);
  }

  @Test
  void autoWithOneThatDoesNotOpen() {
    String reason = "could not be opened: java.lang.IllegalStateException: the device is busy";
    assertEquals(
        List.of(new Declined("stuck", "plan", List.of(reason))),
        explain(Stuck.class, options -> {}).notConsulted());
    assertEquals(List.of(warning("stuck", reason)), warnings);
  }

  @Test
  void whoWasAskedHadItsSay() {
    assertEquals(List.of(), explain(Choosy.class, options -> {}).notConsulted());
    assertEquals(List.of(), warnings);
  }

  @Test
  void whoCannotBeUsedHereIsNoSurprise() {
    assertEquals(
        List.of(new Declined("missing", "plan", List.of("no such device"))),
        explain(Missing.class, options -> {}).notConsulted());
    assertEquals(List.of(), warnings);
  }

  @Test
  void whoNamedAnotherBackendKnows() {
    assertEquals(
        List.of(new Declined("other-ops", "plan", List.of("option backend names 'cpu'"))),
        explain(OtherOps.class, options -> options.backend("cpu")).notConsulted());
    assertEquals(List.of(), warnings);
  }

  @Test
  void whoNamedItKnows() {
    explain(OtherOps.class, options -> options.backend("other-ops"));
    assertEquals(List.of(), warnings);
  }

  @Test
  void whoSwitchedItsOpsOffKnows() {
    for (String list : List.of("none", "-add", "add=cpu")) {
      assertEquals(
          List.of(new Declined("choosy", "plan", List.of(NO_MATCH))),
          explain(Choosy.class, options -> options.ops(list)).notConsulted(),
          list);
      assertEquals(List.of(), warnings, list);
    }
  }

  @Test
  void theBundledBackendIsNoPlugIn() {
    try (TinyModel model = new TinyModel(TinyModel.Variant.PLAIN)) {
      assertEquals(List.of(), build(model, options().build()).notConsulted());
    }
    assertEquals(List.of(), warnings);
  }

  private Explanation explain(
      Class<? extends BackendProvider> provider, Consumer<EngineOptions.Builder> change) {
    EngineOptions.Builder options = options().pluginLoader(PluginLoader.beside(folder, provider));
    change.accept(options);
    try (TinyModel model = new TinyModel(TinyModel.Variant.PLAIN)) {
      return build(model, options.build());
    }
  }

  private static EngineOptions.Builder options() {
    return EngineOptions.builder().threads(1).cacheTokens(64);
  }

  private Explanation build(TinyModel model, EngineOptions options) {
    Logger logger = Logger.getLogger(NotConsulted.class.getName());
    Handler recorder = new Recorder();
    logger.addHandler(recorder);
    logger.setUseParentHandlers(false);
    try (StepRunner runner = StepRunner.build(model, options)) {
      return runner.explain();
    } finally {
      logger.removeHandler(recorder);
      logger.setUseParentHandlers(true);
    }
  }

  private String warning(String backend, String reason) {
    return "Backend '"
        + backend
        + "' ("
        + source()
        + ") is installed, but was not consulted about model 'tiny': "
        + reason
        + ".";
  }

  /** Where the classes of this test lie. */
  private static String source() {
    return NotConsultedTest.class.getProtectionDomain().getCodeSource().getLocation().getPath();
  }

  private final class Recorder extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord message) {
      assertEquals(Level.WARNING, message.getLevel());
      warnings.add(formatter.formatMessage(message));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private abstract static class Silent implements BackendProvider {
    private final String name;
    private final Set<String> ops;

    Silent(String name, Set<String> ops) {
      this.name = name;
      this.ops = ops;
    }

    @Override
    public String name() {
      return name;
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
      return new Probe.Available("nothing to do", true);
    }

    @Override
    public Backend open(EngineContext context) {
      return new Backend() {
        @Override
        public Set<String> ops() {
          return ops;
        }

        @Override
        public Support supports(Op op) {
          return Support.no("never does");
        }

        @Override
        public void close() {}
      };
    }
  }
}
