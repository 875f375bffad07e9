package org.mla4j.tck.plain;

import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.BackendProvider;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Probe;

/** Every op in plain loops, one algorithm each, straight from its definition. */
public final class PlainBackendProvider implements BackendProvider {
  /** The name users choose it by. */
  public static final String NAME = "plain";

  private final PlainOptions options;
  private final Mistakes mistakes;

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
    return NAME;
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
    return new Probe.Available("plain loops", true);
  }

  @Override
  public Backend open(EngineContext context) {
    return new PlainBackend(options.changedBy(context.options()), mistakes, context);
  }
}
