package org.mla4j.core.cpu.simd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("Warm-up of kernels")
@Timeout(60)
class WarmUpTest {
  /** Slow until it has been called so often for many columns, as a kernel before it is compiled. */
  private static final class Cold implements IntConsumer {
    private final int slowCalls;
    private int shortCalls;
    private int longCalls;

    Cold(int slowCalls) {
      this.slowCalls = slowCalls;
    }

    @Override
    public void accept(int columns) {
      if (columns == 1) {
        shortCalls++;
      } else if (++longCalls <= slowCalls) {
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
      }
    }
  }

  @Test
  @DisplayName("goes on with each kernel until that is fast, and no longer")
  void untilFast() {
    Cold soon = new Cold(0);
    Cold late = new Cold(450);
    new WarmUp().run(List.of(kernel(soon), kernel(late)));
    assertTrue(soon.shortCalls > 0 && soon.longCalls > 0, "called " + soon.longCalls + " times");
    assertTrue(late.longCalls > 450, "given up after " + late.longCalls + " calls");
    assertTrue(soon.longCalls < late.longCalls, soon.longCalls + ", " + late.longCalls);
  }

  private static WarmUp.Kernel kernel(Cold cold) {
    return new WarmUp.Kernel(1, WarmUp.COLUMNS, WarmUp.FAST_NANOS, cold);
  }
}
