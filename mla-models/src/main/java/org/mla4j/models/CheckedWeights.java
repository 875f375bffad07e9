package org.mla4j.models;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.NonFiniteTensor;
import org.mla4j.models.checkpoint.WeightScan;

/** Warns of weights that are NaN or infinite. */
final class CheckedWeights {
  /** The more there are, the less each one says. */
  private static final int MOST_LISTED = 10;

  private final Path folder;
  private final LoadOptions options;
  private final LongSupplier memory;

  /** {@code memory} tells how many bytes the machine has. */
  CheckedWeights(Path folder, LoadOptions options, LongSupplier memory) {
    this.folder = folder;
    this.options = options;
    this.memory = memory;
  }

  static void warn(Path folder, LoadOptions options) {
    new CheckedWeights(folder, options, CheckedWeights::machineMemory).warn();
  }

  void warn() {
    if (options.weightCheck() == WeightCheck.NEVER) {
      return;
    }
    // Opened apart from the model: what was mapped to be read once is unmapped afterwards.
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      if (fits(checkpoint.byteSize())) {
        List<NonFiniteTensor> bad = WeightScan.scan(checkpoint, options.progress());
        if (!bad.isEmpty()) {
          warn(bad, checkpoint.names().size());
        }
      }
    }
  }

  private boolean fits(long bytes) {
    if (options.weightCheck() == WeightCheck.ALWAYS) {
      return true;
    }
    long most = memory.getAsLong();
    if (bytes > most) {
      options
          .warnings()
          .accept(
              "Weights in '"
                  + folder
                  + "' were not searched for NaN and infinity: they have "
                  + bytes
                  + " bytes, and this machine's memory has "
                  + most
                  + ". Option weightCheck ALWAYS searches them all the same, NEVER leaves out this"
                  + " warning.");
    }
    return bytes <= most;
  }

  private void warn(List<NonFiniteTensor> bad, int tensors) {
    bad.stream().limit(MOST_LISTED).map(NonFiniteTensor::describe).forEach(options.warnings());
    options
        .warnings()
        .accept(
            "Weights in '"
                + folder
                + "': "
                + bad.size()
                + " of "
                + tensors
                + " tensors have NaN or infinite elements, "
                + bad.stream().mapToLong(NonFiniteTensor::count).sum()
                + " in all"
                + (bad.size() > MOST_LISTED ? "; the first " + MOST_LISTED + " are listed" : "")
                + ". What the model computes from them cannot be trusted.");
  }

  private static long machineMemory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }
}
