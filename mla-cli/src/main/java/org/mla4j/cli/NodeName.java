package org.mla4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a node, cut in two.
 *
 * @param layer the numbered layer of the model, for example {@code layers.3}; empty for none
 * @param rest the name within it
 */
record NodeName(String layer, String rest) {
  /** A name up to and with its first number, and the rest. */
  private static final Pattern NUMBERED = Pattern.compile("(.*?\\.\\d{1,9})\\.(.+)");

  /** Where a fused node reaches into another numbered layer. */
  private static final Pattern REACH = Pattern.compile("\\+(\\d{1,9})\\.");

  /** Said instead of the number of the layer that follows, which differs in every layer. */
  private static final String NEXT = "next.";

  /** Longer ones would push the other columns out of sight. */
  private static final int WIDEST = 44;

  static NodeName of(String name) {
    Matcher numbered = NUMBERED.matcher(name);
    if (!numbered.matches()) {
      return new NodeName("", name);
    }
    String layer = numbered.group(1);
    String next = Integer.toString(number(layer) + 1);
    return new NodeName(
        layer,
        REACH
            .matcher(numbered.group(2))
            .replaceAll(to -> to.group(1).equals(next) ? "+" + NEXT : to.group()));
  }

  /** The name as it is said beside that of another node, which says the layer. */
  String beside(NodeName first) {
    if (layer.equals(first.layer)) {
      return rest;
    }
    return follows(first) ? NEXT + rest : layer.isEmpty() ? rest : layer + "." + rest;
  }

  private boolean follows(NodeName first) {
    return !layer.isEmpty()
        && !first.layer.isEmpty()
        && scope(layer).equals(scope(first.layer))
        && number(layer) == number(first.layer) + 1;
  }

  private static String scope(String layer) {
    return layer.substring(0, layer.lastIndexOf('.'));
  }

  private static int number(String layer) {
    return Integer.parseInt(layer.substring(layer.lastIndexOf('.') + 1));
  }

  /** The rest, or its first and last part if it is of many parts and long. */
  String shortened() {
    int first = rest.indexOf('+');
    int last = rest.lastIndexOf('+');
    return rest.length() <= WIDEST || first == last
        ? rest
        : rest.substring(0, first) + "+\u2026" + rest.substring(last);
  }
}
