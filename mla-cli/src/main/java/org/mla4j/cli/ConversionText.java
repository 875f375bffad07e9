package org.mla4j.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.mla4j.models.convert.ConversionReport;
import org.mla4j.models.convert.ModelChange;

/** A conversion for people. */
final class ConversionText {
  private static final int BAR = 30;
  private static final int BF16_BYTES = 2;

  private ConversionText() {}

  static String of(ConversionReport report, Path target) {
    return layers(report)
        + "\n\n"
        + String.format(
            Locale.ROOT,
            "%s (%s) -> %s: kv_lora_rank %d, qk_rope_head_dim %d, qk_nope_head_dim %d, %s",
            report.source(),
            report.architecture(),
            target,
            report.kvLoraRank(),
            report.qkRopeHeadDim(),
            report.qkNopeHeadDim(),
            report.exact() ? "exact" : fitted(report))
        + "\n"
        + (report.absorbs() ? "" : "decodes decompressed: a norm of heads cannot be absorbed\n")
        + cache(report)
        + report.change().map(ConversionText::change).orElse("");
  }

  private static String layers(ConversionReport report) {
    TextTable table = new TextTable("layer", "rope kept", "latent kept", "");
    for (int i = 0; i < report.layers().size(); i++) {
      ConversionReport.Layer layer = report.layers().get(i);
      table.row(
          Integer.toString(i),
          percent(layer.ropeEnergy()),
          percent(layer.latentEnergy()),
          bar(layer.ropeEnergy() * layer.latentEnergy()));
    }
    return table.toString();
  }

  private static String fitted(ConversionReport report) {
    return report.calibrationTokens() == 0
        ? "fitted to the weights alone"
        : "fitted to " + report.calibrationTokens() + " tokens";
  }

  private static String cache(ConversionReport report) {
    long before = report.cacheBytesBefore(BF16_BYTES);
    long after = report.cacheBytesAfter(BF16_BYTES);
    return String.format(
        Locale.ROOT,
        "cache of a token: %d -> %d bytes in BF16 (%s)",
        before,
        after,
        percent((double) after / before));
  }

  private static String change(ModelChange change) {
    return String.format(
        Locale.ROOT,
        "\nlogits of %d tokens: mean cosine %.6f, largest difference %.2g of the largest logit\n"
            + "perplexity: %.4f -> %.4f",
        change.tokens(),
        change.meanCosine(),
        change.largestDifference(),
        change.perplexityBefore(),
        change.perplexityAfter());
  }

  private static String percent(double part) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * part);
  }

  private static String bar(double part) {
    return "#".repeat((int) Math.round(BAR * part));
  }
}
