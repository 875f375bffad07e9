package org.mla4j.models.convert;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.linear.RealMatrix;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.models.LanguageModel;
import org.mla4j.models.architecture.WeightSource;
import org.mla4j.models.checkpoint.Checkpoint;
import org.mla4j.models.checkpoint.ModelConfig;

/**
 * Converts models with grouped-query attention to Multi-Head Latent Attention, as architecture
 * {@code LlamaMLAForCausalLM}.
 *
 * <p>Keys of a layer are split into one rotary key that all heads share and a rest that goes, with
 * the values, into a latent. Where one rotary key is enough for all heads and keys and values have
 * no more dimensions than the latent, the result computes what the source computes. Otherwise both
 * are fitted to a text. A model that norms its heads (Qwen3) keeps these norms: its layers decode
 * in the decompressed form, since a norm stands between latent and score. Method: TransMLA (Meng et
 * al., 2025); the rest of the keys keeps its mean turn instead of none, and errors count as queries
 * and output projection see them.
 *
 * <p>Memory: one layer's weights in double, and for each layer the squares of the width of its keys
 * and values, beside what running the source takes.
 */
public final class LatentConversion {
  private final LanguageModel model;
  private final ModelConfig config;
  private final GqaShape shape;
  private final Checkpoint checkpoint;
  private final ConversionOptions options;
  private final int @Nullable [][] calibration;

  private LatentConversion(
      LanguageModel model, ModelConfig config, Checkpoint checkpoint, ConversionOptions options) {
    this.model = model;
    this.config = config;
    this.shape = GqaShape.read(config);
    this.checkpoint = checkpoint;
    this.options = options;
    calibration =
        options.calibrationText().map(text -> windows("calibrationText", text)).orElse(null);
  }

  /**
   * Converts a model.
   *
   * @param source folder of a Qwen2, Qwen3 or Llama checkpoint
   * @param target folder to write; must not exist
   * @param options how
   * @return what the result keeps, costs and says
   * @throws org.mla4j.api.error.ModelException if the source cannot be converted
   * @throws InvalidInputException if an option does not fit the source, or the target exists
   */
  public static ConversionReport convert(Path source, Path target, ConversionOptions options) {
    if (!Files.isDirectory(source)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Source '" + source + "' is no folder; expected one with a safetensors checkpoint.");
    }
    ModelConfig config = ModelConfig.read(source.resolve(ModelConfig.FILE));
    GqaShape.read(config);
    ConvertedFolder.requireFree(target);
    try (LanguageModel model = LanguageModel.open(source);
        Checkpoint checkpoint = Checkpoint.open(source)) {
      return new LatentConversion(model, config, checkpoint, options).run(target);
    }
  }

  private ConversionReport run(Path target) {
    List<Moments> moments = moments();
    int slots = slots(moments);
    List<LayerFit> fits = fits(moments, slots);
    int rank = Widths.rank(shape, fits, slots, options);
    new ConvertedFolder(config, shape, checkpoint, options.dtype())
        .write(target, fits, rank, ropeTheta(slots), this::weights, options.engine().progress());
    return report(target, fits, rank, slots);
  }

  private List<Moments> moments() {
    List<Moments> calibrated =
        calibration == null
            ? null
            : Calibration.of(model.definition(), shape, calibration, options.engine());
    List<Moments> moments = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      Moments own = Moments.ofWeights(weights(layer));
      moments.add(calibrated == null ? own : calibrated.get(layer).withRidge(own));
    }
    return moments;
  }

  /** Pairs of the shared key: as given, or all that move if that is exact, or the usual number. */
  private int slots(List<Moments> moments) {
    int given = Widths.givenSlots(shape, options);
    if (given > 0) {
      return given;
    }
    int moving = Widths.movingPairs(shape);
    boolean exact =
        options.freqFold() == 1
            && moving <= Widths.mostSlots(shape, options)
            && moments.stream().allMatch(of -> rope(of, moving).exact());
    return exact ? moving : Widths.usualSlots(shape, options);
  }

  private SharedRope rope(Moments moments, int slots) {
    return shape.normedHeads()
        ? SharedRope.ofNormedHeads(shape, moments, slots)
        : SharedRope.of(shape, moments, slots, options.freqFold());
  }

  private List<LayerFit> fits(List<Moments> moments, int slots) {
    List<SharedRope> ropes = moments.stream().map(of -> rope(of, slots)).toList();
    boolean nothingLeft = shape.normedHeads() || ropes.stream().allMatch(SharedRope::exact);
    int[] elements = StillKeys.elements(shape, nothingLeft ? slots * options.freqFold() : 0);
    List<LayerFit> fits = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      SharedRope rope = ropes.get(layer);
      RealMatrix left =
          shape.normedHeads()
              ? StillKeys.ofNormedHeads(shape, elements)
              : StillKeys.map(shape, rope, elements, options.window());
      fits.add(new LayerFit(weights(layer), moments.get(layer), rope, elements, left));
      options.engine().progress().progress("layers fitted", layer + 1, shape.layers());
    }
    return fits;
  }

  private ConversionReport report(Path target, List<LayerFit> fits, int rank, int slots) {
    List<ConversionReport.Layer> layers =
        fits.stream()
            .map(fit ->
                new ConversionReport.Layer(
                    fit.rope().energy(),
                    fit.spectrum().part(rank),
                    fit.rope().exact()
                        && Widths.coverAll(shape, slots, options)
                        && fit.spectrum().part(rank) >= 1 - Widths.ROUNDING))
            .toList();
    return new ConversionReport(
        model.definition().name(),
        model.definition().architecture(),
        layers,
        rank,
        2 * slots,
        fits.getFirst().elements().length,
        ropeTheta(slots),
        calibration == null ? 0 : Arrays.stream(calibration).mapToLong(ids -> ids.length).sum(),
        2 * shape.keyWidth(),
        rank + 2 * slots,
        !shape.normedHeads(),
        change(target));
  }

  private Optional<ModelChange> change(Path target) {
    int[][] windows =
        options.evaluationText().map(text -> windows("evaluationText", text)).orElse(calibration);
    if (windows == null) {
      return Optional.empty();
    }
    try (LanguageModel converted = LanguageModel.open(target)) {
      return Optional.of(
          ModelComparison.of(
              model.definition(), converted.definition(), windows, options.engine()));
    }
  }

  private LayerWeights weights(int layer) {
    WeightSource source = new WeightSource(checkpoint, "model.layers." + layer + ".self_attn.");
    return LayerWeights.read(shape, source);
  }

  /** The base that gives the frequencies of the source's first pairs, or of every few of them. */
  private double ropeTheta(int slots) {
    double part = 2.0 * slots * options.freqFold() / shape.headDim();
    return Math.pow(shape.ropeTheta(), part);
  }

  private int[][] windows(String option, String text) {
    int[] ids = model.tokenizer().encode(text, false);
    int[] read = Arrays.copyOf(ids, Math.min(ids.length, options.mostTokens()));
    int[][] windows =
        Windows.of(read, Math.min(options.window(), model.definition().maxPositions()));
    if (windows.length == 0) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Conversion option " + option + " has " + ids.length + " tokens; expected 2 or more.");
    }
    return windows;
  }
}
