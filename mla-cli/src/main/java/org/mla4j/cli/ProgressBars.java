package org.mla4j.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.ProgressListener;

/**
 * Shows work that takes long as a bar on standard error, one phase after the other, and removes it
 * in the end.
 */
final class ProgressBars implements ProgressListener, AutoCloseable {
  /** Work that is done sooner needs no bar; one that flashes up only disturbs. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** Given, not measured: measuring would open the terminal a second time, native code included. */
  private static final int WIDTH = 79;

  private final Terminal terminal;
  private final LongSupplier nanoTime;
  private String phase = "";
  private long started;
  private @Nullable ProgressBar bar;

  ProgressBars(Terminal terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  static ProgressBars on(Terminal terminal) {
    return new ProgressBars(terminal, System::nanoTime);
  }

  @Override
  public void progress(String newPhase, long done, long total) {
    if (!terminal.interactive()) {
      return; // a log file is no place for a bar
    }
    if (!newPhase.equals(phase)) {
      close();
      phase = newPhase;
      started = nanoTime.getAsLong();
    }
    if (bar == null && nanoTime.getAsLong() - started >= PATIENCE.toNanos() && done < total) {
      bar = open(newPhase, total);
    }
    if (bar != null) {
      bar.stepTo(done);
      if (done >= total) {
        close();
      }
    }
  }

  private ProgressBar open(String task, long total) {
    return ProgressBar.builder()
        .setTaskName(task)
        .setInitialMax(total)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(100)
        .setConsumer(new OneLine(terminal.err()))
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      erase();
    }
  }

  /**
   * By ourselves: the library does not, if the bar is closed before its thread drew it for the
   * first time.
   */
  private void erase() {
    terminal.err().print("\r" + " ".repeat(WIDTH) + "\r");
    terminal.err().flush();
  }

  /**
   * Draws on one line of the terminal.
   *
   * @param err where the line is
   */
  private record OneLine(PrintStream err) implements ProgressBarConsumer {
    @Override
    public int getMaxRenderedLength() {
      return WIDTH;
    }

    @Override
    public void accept(String bar) {
      err.print("\r" + bar);
      err.flush();
    }

    @Override
    public void close() {}
  }
}
