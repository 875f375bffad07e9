package org.mla4j.core.offender;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Does everything that a library must not do, in a package where it would count. Never run. */
public final class Offender {
  static int counter;
  static final AtomicInteger COUNTER = new AtomicInteger();

  @SuppressWarnings("restricted")
  void offend() throws InterruptedException {
    System.out.println("loaded");
    System.setProperty("mla.offender", "true");
    Locale.setDefault(Locale.ROOT);
    Runtime.getRuntime().addShutdownHook(new Thread());
    Thread.sleep(1);
    List.of(1).parallelStream().forEach(COUNTER::addAndGet);
    CompletableFuture.supplyAsync(COUNTER::get);
    MemorySegment.NULL.reinterpret(counter);
  }
}
