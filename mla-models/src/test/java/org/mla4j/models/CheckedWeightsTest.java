package org.mla4j.models;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.models.testing.EditedCheckpoint;
import org.mla4j.models.testing.SafetensorsFile;

/** A model whose weights are broken is opened, and whoever opens it hears of that. */
class CheckedWeightsTest {
  private static final String TRUST = " What the model computes from them cannot be trusted.";

  @TempDir Path folder;
  private final List<String> warnings = new ArrayList<>();

  @Test
  void openingAModelWarnsOfNanAndInfinity() {
    EditedCheckpoint.of("deepseek-v3-tiny", folder)
        .bytes("model.norm.weight", bytes -> bytes.putShort(2 * 40, (short) 0x7FC0))
        .bytes(
            "model.layers.1.self_attn.o_proj.weight",
            bytes -> bytes.putShort(2 * 161, (short) 0xFF80).putShort(2 * 200, (short) 0x7F80))
        .writeModel();
    open(WeightCheck.IF_IT_FITS);
    Path file = folder.resolve("model.safetensors");
    assertEquals(
        List.of(
            file
                + ": tensor 'model.layers.1.self_attn.o_proj.weight', BF16 [160, 160], has 2"
                + " elements that are NaN or infinite, the first at index 161; expected finite"
                + " numbers.",
            file
                + ": tensor 'model.norm.weight', BF16 [160], has 1 element that is NaN or infinite,"
                + " at index 40; expected finite numbers.",
            "Weights in '"
                + folder
                + "': 2 of 207 tensors have NaN or infinite elements, 3 in all."
                + TRUST),
        warnings);
  }

  @Test
  void soundWeightsGiveNoWarning() {
    EditedCheckpoint.of("deepseek-v3-tiny", folder).writeModel();
    open(WeightCheck.ALWAYS);
    assertEquals(List.of(), warnings);
  }

  @Test
  void whoeverKnowsBetterIsNotWarned() {
    oneBadTensor();
    warn(WeightCheck.NEVER, Long.MAX_VALUE);
    assertEquals(List.of(), warnings);
  }

  @Test
  void weightsLargerThanMemoryAreNotReadUnlessOneInsists() {
    oneBadTensor();
    long bytes = folder.resolve("model.safetensors").toFile().length();
    warn(WeightCheck.IF_IT_FITS, bytes - 1);
    assertEquals(
        List.of(
            "Weights in '"
                + folder
                + "' were not searched for NaN and infinity: they have "
                + bytes
                + " bytes, and this machine's memory has "
                + (bytes - 1)
                + ". Option weightCheck ALWAYS searches them all the same, NEVER leaves out this"
                + " warning."),
        warnings);
    warnings.clear();
    warn(WeightCheck.IF_IT_FITS, bytes);
    assertEquals(2, warnings.size());
    warnings.clear();
    warn(WeightCheck.ALWAYS, 0);
    assertEquals(2, warnings.size());
  }

  @Test
  void aHundredBadTensorsAreNotAHundredLines() {
    SafetensorsFile file = new SafetensorsFile();
    IntStream.range(0, 100)
        .forEach(i -> file.floats("t" + i, new float[] {Float.NaN, Float.NaN}, 2));
    file.write(folder.resolve("model.safetensors"));
    warn(WeightCheck.ALWAYS, 0);
    assertEquals(11, warnings.size());
    assertEquals(
        "Weights in '"
            + folder
            + "': 100 of 100 tensors have NaN or infinite elements, 200 in all; the first 10 are"
            + " listed."
            + TRUST,
        warnings.getLast());
  }

  @Test
  void withoutAListenerTheyAreLogged() {
    oneBadTensor();
    List<String> logged = new ArrayList<>();
    Logger logger = Logger.getLogger(LanguageModel.class.getName());
    Handler handler = new Recorder(logged);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      new CheckedWeights(folder, LoadOptions.defaults(), () -> Long.MAX_VALUE).warn();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(
        List.of(
            "WARNING "
                + folder.resolve("model.safetensors")
                + ": tensor 'a', F32 [1], has 1 element that is NaN or infinite, at index 0;"
                + " expected finite numbers.",
            "WARNING Weights in '"
                + folder
                + "': 1 of 1 tensors have NaN or infinite elements, 1 in all."
                + TRUST),
        logged);
  }

  private void oneBadTensor() {
    new SafetensorsFile()
        .floats("a", new float[] {Float.NaN}, 1)
        .write(folder.resolve("model.safetensors"));
  }

  private void open(WeightCheck check) {
    LanguageModel.open(folder, options(check)).close();
  }

  private void warn(WeightCheck check, long memory) {
    new CheckedWeights(folder, options(check), () -> memory).warn();
  }

  private LoadOptions options(WeightCheck check) {
    return LoadOptions.builder().weightCheck(check).warnings(warnings::add).build();
  }

  /** Writes down what is logged. */
  private static final class Recorder extends Handler {
    private final List<String> logged;

    Recorder(List<String> logged) {
      this.logged = logged;
    }

    @Override
    public void publish(LogRecord message) {
      logged.add(message.getLevel() + " " + message.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
