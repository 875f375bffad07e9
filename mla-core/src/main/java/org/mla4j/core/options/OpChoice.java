package org.mla4j.core.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Op;

/**
 * Which ops may run on a backend other than {@code cpu}, as the user wrote it.
 *
 * <p>A list of entries, separated by commas: at most one of {@code all} (the default) and {@code
 * none}; {@code +op} and {@code -op} switch one op on and off; {@code op=backend} pins one op;
 * {@code layer=backend} pins whole layers, with {@code layer=cpu} for their default forward; {@code
 * plan=backend} pins the whole plan, with {@code plan=cpu} for nobody taking it. The other entries
 * never touch whole layers. An op that is off runs on {@code cpu}, as a kernel of its own: what
 * would fuse it with others is off with it. Ops of a backend's own have a colon in their name.
 */
public final class OpChoice {
  /** Everything on, nothing pinned. */
  public static final OpChoice DEFAULT =
      new OpChoice("", true, Map.of(), Map.of(), Optional.empty(), Optional.empty());

  /** What is in the name of an op of a backend's own. */
  private static final char VENDOR = ':';

  private final String text;
  private final boolean defaultOn;
  private final Map<String, Boolean> switched;
  private final Map<String, String> pinned;
  private final Optional<String> layerBackend;
  private final Optional<String> planBackend;

  private OpChoice(
      String text,
      boolean defaultOn,
      Map<String, Boolean> switched,
      Map<String, String> pinned,
      Optional<String> layerBackend,
      Optional<String> planBackend) {
    this.text = text;
    this.defaultOn = defaultOn;
    this.switched = switched;
    this.pinned = pinned;
    this.layerBackend = layerBackend;
    this.planBackend = planBackend;
  }

  /**
   * Reads a list.
   *
   * @param text entries separated by commas; empty for the default
   * @return the choice
   * @throws InvalidInputException if an entry is malformed, names an unknown op, or contradicts or
   *     repeats another
   */
  public static OpChoice parse(String text) {
    Boolean base = null;
    Map<String, Boolean> switched = new TreeMap<>();
    Map<String, String> pinned = new TreeMap<>();
    String layerBackend = null;
    String planBackend = null;
    for (String raw : text.split(",", -1)) {
      String entry = raw.strip();
      int equals = entry.indexOf('=');
      if (entry.isEmpty()) {
        if (!text.isBlank()) {
          throw invalid(text, "an empty entry");
        }
      } else if (entry.equals("all") || entry.equals("none")) {
        if (base != null) {
          throw invalid(text, "more than one of 'all' and 'none'");
        }
        base = entry.equals("all");
      } else if (entry.startsWith("layer=")) {
        if (layerBackend != null) {
          throw invalid(text, "'layer' twice");
        }
        layerBackend = value(text, entry, equals);
      } else if (entry.startsWith("plan=")) {
        if (planBackend != null) {
          throw invalid(text, "'plan' twice");
        }
        planBackend = value(text, entry, equals);
      } else if (equals > 0) {
        String op = known(text, entry.substring(0, equals));
        once(text, op, switched, pinned);
        pinned.put(op, value(text, entry, equals));
      } else if (entry.startsWith("+") || entry.startsWith("-")) {
        String op = known(text, entry.substring(1));
        once(text, op, switched, pinned);
        switched.put(op, entry.startsWith("+"));
      } else {
        throw invalid(text, "'" + entry + "'");
      }
    }
    return new OpChoice(
        text.strip(),
        base == null || base,
        switched,
        pinned,
        Optional.ofNullable(layerBackend),
        Optional.ofNullable(planBackend));
  }

  /**
   * Tells whether an op may run on a backend other than {@code cpu}.
   *
   * @param op type of the op
   * @return false if it is switched off
   */
  public boolean enabled(String op) {
    return pinned.containsKey(op) || switched.getOrDefault(op, defaultOn);
  }

  /**
   * Returns the backend an op is pinned to.
   *
   * @param op type of the op
   * @return name of the backend, if any
   */
  public Optional<String> pinned(String op) {
    return Optional.ofNullable(pinned.get(op));
  }

  /**
   * Returns the backend whole layers are pinned to.
   *
   * @return name of the backend, if any; {@code cpu} stands for the default forward
   */
  public Optional<String> layerBackend() {
    return layerBackend;
  }

  /**
   * Returns the backend that is to take the whole plan.
   *
   * @return name of the backend, if any; {@code cpu} stands for nobody
   */
  public Optional<String> planBackend() {
    return planBackend;
  }

  /**
   * Returns the ops that are pinned.
   *
   * @return op to backend
   */
  public Map<String, String> pins() {
    return Map.copyOf(pinned);
  }

  /**
   * Returns the ops of backends' own that are named.
   *
   * @return names with a colon, sorted
   */
  public List<String> vendorOps() {
    TreeSet<String> named = new TreeSet<>(pinned.keySet());
    named.addAll(switched.keySet());
    named.removeIf(op -> !isVendorOp(op));
    return List.copyOf(named);
  }

  /**
   * Returns the backends that are named.
   *
   * @return names, sorted
   */
  public List<String> backends() {
    TreeSet<String> names = new TreeSet<>(pinned.values());
    layerBackend.ifPresent(names::add);
    planBackend.ifPresent(names::add);
    return new ArrayList<>(names);
  }

  /** Returns the list as the user wrote it. */
  @Override
  public String toString() {
    return text;
  }

  /**
   * Tells ops of backends' own apart.
   *
   * @param op type of the op
   * @return true if there is a colon in it
   */
  public static boolean isVendorOp(String op) {
    return op.indexOf(VENDOR) >= 0;
  }

  private static String known(String text, String op) {
    if (!isVendorOp(op) && !Op.VOCABULARY.contains(op)) {
      throw invalid(
          text, "the unknown op '" + op + "'; known are " + String.join(", ", Op.VOCABULARY));
    }
    return op;
  }

  private static void once(
      String text, String op, Map<String, Boolean> switched, Map<String, String> pinned) {
    if (switched.containsKey(op) || pinned.containsKey(op)) {
      throw invalid(text, "more than one entry for '" + op + "'");
    }
  }

  private static String value(String text, String entry, int equals) {
    String value = entry.substring(equals + 1);
    if (value.isBlank()) {
      throw invalid(text, "no backend in '" + entry + "'");
    }
    return value;
  }

  private static InvalidInputException invalid(String text, String problem) {
    return new InvalidInputException(
        ErrorCode.OP_CHOICE,
        "Op list '"
            + text
            + "' has "
            + problem
            + "; expected 'all' or 'none', '+op', '-op', 'op=backend', 'layer=backend', 'plan=backend', separated by commas.");
  }
}
