package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;
import org.mla4j.api.error.InvalidInputException;

/** Every op in plain loops, one algorithm each, straight from its definition. */
public final class PlainBackendProvider implements BackendProvider {
  /** The name users choose it by. */
  public static final String NAME = "plain";

  private static final int LEAK_BYTES = 4 << 20;

  private final PlainOptions options;
  private final Mistakes mistakes;
  private final AtomicInteger open = new AtomicInteger();
  private final List<byte[]> leaked = new ArrayList<>();
  private int probes;
  private boolean opened;

  /** The backend as it should be, with the options that the engine passes on. */
  public PlainBackendProvider() {
    this(PlainOptions.DEFAULT);
  }

  /**
   * A backend that makes mistakes.
   *
   * @param options what it offers, before the options that the engine passes on
   * @param mistakes what it does wrong
   */
  public PlainBackendProvider(PlainOptions options, Mistake... mistakes) {
    this.options = options;
    this.mistakes = Mistakes.of(mistakes);
  }

  @Override
  public String name() {
    return mistakes.include(Mistake.NAME_MALFORMED) ? "Plain Loops" : NAME;
  }

  @Override
  public String version() {
    return mistakes.include(Mistake.VERSION_BLANK) ? " " : "1";
  }

  @Override
  public int spiLevel() {
    return mistakes.include(Mistake.LEVEL_UNKNOWN) ? SPI_LEVEL + 1 : 1;
  }

  @Override
  public Probe probe() {
    if (mistakes.include(Mistake.PROBE_THROWS)) {
      throw new IllegalStateException("no device");
    }
    probes++;
    return new Probe.Available(
        mistakes.include(Mistake.PROBE_CHANGES) ? probes + " plain loops" : "plain loops", true);
  }

  @Override
  public Backend open(EngineContext context) {
    if (mistakes.include(Mistake.OPENS_ONCE) && opened) {
      throw new IllegalStateException("opened before");
    }
    opened = true;
    if (mistakes.include(Mistake.LEAKS_MEMORY)) {
      leaked.add(new byte[LEAK_BYTES]);
    }
    PlainOptions chosen = options(context);
    open.incrementAndGet();
    Backend plain = new PlainBackend(chosen, mistakes, context, open);
    return chosen.remote() ? new RemoteBackend(plain, context, chosen.without(), mistakes) : plain;
  }

  private PlainOptions options(EngineContext context) {
    try {
      return options.changedBy(context.options());
    } catch (InvalidInputException e) {
      if (mistakes.include(Mistake.UNKNOWN_OPTION_BREAKS)) {
        throw new IllegalStateException("bad", e);
      }
      throw e;
    }
  }
}
