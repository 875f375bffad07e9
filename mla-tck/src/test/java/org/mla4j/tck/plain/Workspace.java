package org.mla4j.tck.plain;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.mla4j.api.backend.EngineContext;

/** Numbers outside the heap that a kernel computes with, apart for each thread of the engine. */
final class Workspace {
  private final MemorySegment memory;
  private final int perWorker;

  Workspace(EngineContext engine, String purpose, int perWorker) {
    this.perWorker = Math.max(perWorker, 1);
    this.memory =
        engine.allocate(
            purpose, (long) Double.BYTES * this.perWorker * engine.parallel().threads());
  }

  double get(int worker, int index) {
    return memory.getAtIndex(ValueLayout.JAVA_DOUBLE, (long) worker * perWorker + index);
  }

  void set(int worker, int index, double number) {
    memory.setAtIndex(ValueLayout.JAVA_DOUBLE, (long) worker * perWorker + index, number);
  }

  /** Takes a row of a value. */
  void load(int worker, RowView values, long row) {
    for (int i = 0; i < values.width(); i++) {
      set(worker, i, values.get(row, i));
    }
  }
}
