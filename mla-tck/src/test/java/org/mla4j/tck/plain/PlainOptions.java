package org.mla4j.tck.plain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;

/**
 * What the plain backend offers, so that tests can combine it.
 *
 * @param fused the fused ops it has
 * @param forms how much of a layer its attention does, preferred forms first; none for no {@code
 *     mla_attention}
 * @param wholeLayer whether it takes layers whole
 * @param layouts the cache layouts it asks for, preferred ones first
 * @param graphs whether it captures decode steps
 * @param remote whether it computes on a device of its own
 * @param without ops that it does not have after all; on a device of its own only
 */
public record PlainOptions(
    Set<String> fused,
    List<AttentionForm> forms,
    boolean wholeLayer,
    List<CacheLayout> layouts,
    boolean graphs,
    boolean remote,
    Set<String> without) {
  /** The forms it knows, of which {@code attention=all} offers every one. */
  public static final List<AttentionForm> ALL_FORMS =
      List.of(
          AttentionForm.DEFAULT,
          new AttentionForm(InputStage.ABSORBED, OutputForm.LATENT),
          new AttentionForm(InputStage.NORMED, OutputForm.HEADS),
          new AttentionForm(InputStage.LATENTS, OutputForm.HEADS),
          new AttentionForm(InputStage.HIDDEN, OutputForm.HIDDEN),
          new AttentionForm(InputStage.ABSORBED, OutputForm.HEADS),
          new AttentionForm(InputStage.ROPED, OutputForm.LATENT));

  /** All fused ops and graphs; attention as separate ops; rows one after another. */
  public static final PlainOptions DEFAULT =
      new PlainOptions(
          Set.copyOf(FusedOp.VOCABULARY),
          List.of(),
          false,
          List.of(CacheLayout.ROW_MAJOR),
          true,
          false,
          Set.of());

  /** Copies what it is given. */
  public PlainOptions {
    fused = Set.copyOf(fused);
    forms = List.copyOf(forms);
    layouts = List.copyOf(layouts);
    without = Set.copyOf(without);
  }

  /** These options with other fused ops. */
  public PlainOptions withFused(String... types) {
    return new PlainOptions(Set.of(types), forms, wholeLayer, layouts, graphs, remote, without);
  }

  /** These options with other forms of attention. */
  public PlainOptions withForms(List<AttentionForm> other) {
    return new PlainOptions(fused, other, wholeLayer, layouts, graphs, remote, without);
  }

  /** These options, but taking layers whole. */
  public PlainOptions withWholeLayer() {
    return new PlainOptions(fused, forms, true, layouts, graphs, remote, without);
  }

  /** These options with other cache layouts. */
  public PlainOptions withLayouts(CacheLayout... other) {
    return new PlainOptions(fused, forms, wholeLayer, List.of(other), graphs, remote, without);
  }

  /** These options without capturing. */
  public PlainOptions withoutGraphs() {
    return new PlainOptions(fused, forms, wholeLayer, layouts, false, remote, without);
  }

  /** These options on a device of its own. */
  public PlainOptions withDevice() {
    return new PlainOptions(fused, forms, wholeLayer, layouts, graphs, true, without);
  }

  /**
   * Changes these options by what a user set, with {@code |} between the parts of a list: {@code
   * fused=all}, {@code none} or names; {@code attention=all}, {@code none} or forms such as {@code
   * roped>heads}; {@code layer=on} or {@code off}; {@code layout=} layouts such as {@code
   * nz/deinterleaved/16}; {@code graph=on} or {@code off}; {@code device=on} or {@code off}; {@code
   * without=} names of ops.
   */
  PlainOptions changedBy(Map<String, String> options) {
    Set<String> types = fused;
    List<AttentionForm> attention = forms;
    boolean layer = wholeLayer;
    List<CacheLayout> caches = layouts;
    boolean capture = graphs;
    boolean device = remote;
    Set<String> missing = without;
    for (Map.Entry<String, String> option : options.entrySet()) {
      String value = option.getValue();
      switch (option.getKey()) {
        case "fused" -> types = fusedOps(value);
        case "attention" -> attention = forms(value);
        case "layer" -> layer = value.equals("on");
        case "layout" -> caches = parts(value).stream().map(PlainOptions::layout).toList();
        case "graph" -> capture = value.equals("on");
        case "device" -> device = value.equals("on");
        case "without" -> missing = new TreeSet<>(parts(value));
        default ->
            throw new InvalidInputException(
                ErrorCode.INVALID_REQUEST,
                "Option '"
                    + option.getKey()
                    + "' of the backend 'plain'; expected fused, attention, layer, layout,"
                    + " graph, device or without.");
      }
    }
    return new PlainOptions(types, attention, layer, caches, capture, device, missing);
  }

  private static List<String> parts(String value) {
    return Arrays.asList(value.split("\\|"));
  }

  private static Set<String> fusedOps(String value) {
    return switch (value) {
      case "all" -> Set.copyOf(FusedOp.VOCABULARY);
      case "none" -> Set.of();
      default -> new TreeSet<>(parts(value));
    };
  }

  private static List<AttentionForm> forms(String value) {
    return switch (value) {
      case "all" -> ALL_FORMS;
      case "none" -> List.of();
      default -> parts(value).stream().map(PlainOptions::form).toList();
    };
  }

  private static AttentionForm form(String value) {
    List<String> ends = new ArrayList<>(Arrays.asList(upper(value).split(">")));
    return new AttentionForm(InputStage.valueOf(ends.get(0)), OutputForm.valueOf(ends.get(1)));
  }

  private static CacheLayout layout(String value) {
    CacheLayout layout = CacheLayout.ROW_MAJOR;
    for (String part : upper(value).split("/")) {
      layout =
          switch (part) {
            case "DEINTERLEAVED" ->
                new CacheLayout(
                    layout.arrangement(), RopeOrder.DEINTERLEAVED, layout.kernelBlockSize());
            case "ROWS", "SPLIT", "NZ" ->
                new CacheLayout(
                    Arrangement.valueOf(part), layout.ropeOrder(), layout.kernelBlockSize());
            default ->
                new CacheLayout(layout.arrangement(), layout.ropeOrder(), Integer.parseInt(part));
          };
    }
    return layout;
  }

  private static String upper(String value) {
    return value.toUpperCase(Locale.ROOT);
  }
}
