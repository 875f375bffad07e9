package org.mla4j.benchmarks.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.AxesChartStyler.TextAlignment;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.mla4j.benchmarks.peer.Comparison;
import org.mla4j.benchmarks.peer.PairedTimes;
import org.mla4j.benchmarks.peer.PeerTest;
import org.mla4j.benchmarks.peer.Statistics;

/** What was measured, as pictures. */
final class Charts {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 520;
  private static final int TALL = 680;
  private static final int BAR = 26;
  private static final double MILLIS = 1000;
  private static final Color OURS = new Color(0x1F77B4);
  private static final Color THEIRS = new Color(0xD9802E);
  private static final Color MUST = new Color(0xC0392B);
  private static final Color SPREAD = new Color(0x333333);

  private Charts() {}

  /** Medians as bars from 0, the least and the largest ratio of single rounds as whiskers. */
  static void ratios(Path file, String peer, List<Comparison> comparisons) throws IOException {
    List<String> names = new ArrayList<>();
    List<Double> medians = new ArrayList<>();
    List<Double> middles = new ArrayList<>();
    List<Double> halves = new ArrayList<>();
    List<Double> musts = new ArrayList<>();
    for (Comparison comparison : comparisons) {
      for (PairedTimes times : comparison.times()) {
        Statistics ratios = times.ratios();
        names.add(comparison.model().replace(".gguf", "") + " " + times.test());
        medians.add(times.ratioOfMedians());
        middles.add((ratios.min() + ratios.max()) / 2);
        halves.add((ratios.max() - ratios.min()) / 2);
        musts.add(Goals.ratio(comparison, times.test()).map(Goal::must).orElse(null));
      }
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(TALL)
            .title("MLA4J against " + peer + ": medians, and the spread of single rounds")
            .yAxisTitle("ratio of tokens per second")
            .build();
    style(chart.getStyler());
    labelAll(chart.getStyler());
    chart.getStyler().setOverlapped(true).setAvailableSpaceFill(0.55);
    chart.getStyler().setXAxisLabelRotation(90).setYAxisMin(0.0);
    chart.getStyler().setXAxisLabelAlignmentVertical(TextAlignment.Right);
    chart.getStyler().setErrorBarsColor(SPREAD);
    chart.addSeries("ratio of medians", names, medians).setFillColor(OURS);
    // The library's whiskers are as long on both sides: they stand on a point of their own.
    CategorySeries spread = chart.addSeries("least to largest round", names, middles, halves);
    spread.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Scatter);
    spread.setMarker(SeriesMarkers.NONE).setLineColor(SPREAD).setShowInLegend(false);
    CategorySeries even =
        chart.addSeries("as fast as " + peer, names, Collections.nCopies(names.size(), 1.0));
    even.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line);
    even.setMarker(SeriesMarkers.NONE).setLineColor(THEIRS).setLineStyle(new BasicStroke(2));
    CategorySeries must = chart.addSeries("must", names, musts);
    must.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Scatter);
    must.setMarker(SeriesMarkers.DIAMOND).setMarkerColor(MUST);
    save(chart, file);
  }

  /** Milliseconds of a token against tokens in the cache; false if there are not two depths. */
  static boolean contexts(Path file, Comparison comparison) throws IOException {
    List<PairedTimes> decode =
        comparison.times().stream().filter(each -> each.test().startsWith("tg")).toList();
    if (decode.size() < 2) {
      return false;
    }
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("One token after a context, " + comparison.model())
            .xAxisTitle("tokens in the cache")
            .yAxisTitle("ms")
            .build();
    style(chart.getStyler());
    chart.getStyler().setYAxisMin(0.0).setXAxisMin(0.0);
    List<Integer> depths =
        decode.stream().map(each -> PeerTest.parse(each.test()).depth()).toList();
    line(chart, comparison.ours().name(), OURS, depths, decode.stream().map(Charts::ours).toList());
    line(
        chart,
        comparison.theirs().name(),
        THEIRS,
        depths,
        decode.stream().map(Charts::theirs).toList());
    save(chart, file);
    return true;
  }

  /** Measured milliseconds of a token, and a line that grows as its bound does. */
  static void growth(Path file, String model, Growth growth) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Time of a token against tokens in the cache, " + model)
            .xAxisTitle("tokens in the cache")
            .yAxisTitle("ms")
            .build();
    style(chart.getStyler());
    chart.getStyler().setYAxisMin(0.0).setXAxisMin(0.0);
    List<Double> tokens = growth.tests().stream().map(Growth::tokens).toList();
    List<Double> measured = growth.tests().stream().map(each -> MILLIS * each.seconds()).toList();
    List<Double> bound =
        tokens.stream()
            .map(each -> MILLIS * (growth.line().getIntercept() + growth.slopeOfBound() * each))
            .toList();
    line(chart, "MLA4J", OURS, tokens, measured);
    line(chart, "growing by no more than the bound", THEIRS, tokens, bound);
    save(chart, file);
  }

  private static double ours(PairedTimes times) {
    return 1000 / times.ourRate().median();
  }

  private static double theirs(PairedTimes times) {
    return 1000 / times.theirRate().median();
  }

  private static void line(
      XYChart chart, String name, Color color, List<? extends Number> x, List<Double> y) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(color).setLineColor(color);
  }

  /** Shares of bounds, each bar named with what binds it. */
  static void shares(Path file, String title, List<KernelResult> kernels) throws IOException {
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(WIDTH)
            .height(120 + BAR * kernels.size())
            .title(title + ": how near kernels come to their bound")
            .xAxisTitle("share of what the machine could read or compute at the same time")
            .build();
    style(chart.getStyler());
    labelAll(chart.getStyler());
    double largest = kernels.stream().mapToDouble(KernelResult::share).max().orElse(1);
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(Math.max(1, Math.ceil(10 * largest) / 10));
    chart.getStyler().setXAxisTickLabelsFormattingFunction(Charts::tenth);
    chart.getStyler().setYAxisLabelAlignment(TextAlignment.Right);
    chart.getStyler().setAvailableSpaceFill(0.7).setLegendVisible(false);
    List<String> names = new ArrayList<>(kernels.stream().map(Charts::name).toList());
    List<Double> shares = new ArrayList<>(kernels.stream().map(KernelResult::share).toList());
    chart.addSeries("share", shares, names).setFillColor(OURS);
    save(chart, file);
  }

  private static String name(KernelResult result) {
    String kernel = result.benchmark().replace("Benchmark", "");
    String label = kernel.equals("SmallOp") ? result.label() : kernel + " " + result.label();
    return label + " (" + result.bound() + ")";
  }

  /** The library leaves labels of categories out that are nearer than this. */
  private static void labelAll(AxesChartStyler styler) {
    styler.setXAxisTickMarkSpacingHint(BAR - 6);
  }

  /** Tenths; nothing between them. */
  private static String tenth(double value) {
    double tenths = Math.rint(10 * value);
    return Math.abs(10 * value - tenths) < 1e-6
        ? String.format(Locale.ROOT, "%.1f", tenths / 10)
        : "";
  }

  private static void style(AxesChartStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setLocale(Locale.ROOT);
  }

  private static void save(Chart<?, ?> chart, Path file) throws IOException {
    BufferedImage image =
        new BufferedImage(chart.getWidth(), chart.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    chart.paint(graphics, image.getWidth(), image.getHeight());
    graphics.dispose();
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("This JVM writes no PNG.");
    }
  }
}
