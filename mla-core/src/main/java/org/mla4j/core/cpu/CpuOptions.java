package org.mla4j.core.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * What a user can set for the {@code cpu} backend.
 *
 * @param vector whether vector kernels are used where they can run; {@code vector=off} for scalar
 *     ones only
 * @param fused which fused ops it has
 * @param repack whether vector kernels have weights packed in memory; {@code repack=off} to read
 *     them where they are stored: slower, but ready at once and with no more memory than the file
 */
record CpuOptions(boolean vector, FusedChoice fused, boolean repack) {
  private static final String VECTOR = "vector";
  private static final String FUSED = "fused";
  private static final String REPACK = "repack";
  private static final String AUTO = "auto";
  private static final String OFF = "off";

  /**
   * Reads options.
   *
   * @param options name to value
   * @return the options, with defaults for those not given
   * @throws InvalidInputException if a name or a value is unknown
   */
  static CpuOptions of(Map<String, String> options) {
    // Sorted, so that of several unknown names always the same one is reported.
    for (String name : new TreeSet<>(options.keySet())) {
      if (!List.of(FUSED, REPACK, VECTOR).contains(name)) {
        throw invalid(
            "unknown option '" + name + "'; known: " + FUSED + ", " + REPACK + ", " + VECTOR);
      }
    }
    boolean vector = isOn(VECTOR, options);
    boolean repack = isOn(REPACK, options);
    String fused = options.getOrDefault(FUSED, FusedChoice.GAINING.word());
    FusedChoice choice =
        Arrays.stream(FusedChoice.values())
            .filter(known -> known.word().equals(fused))
            .findFirst()
            .orElseThrow(() -> invalid(FUSED + " = '" + fused + "'; expected all, gaining or off"));
    return new CpuOptions(vector, choice, repack);
  }

  private static boolean isOn(String name, Map<String, String> options) {
    String value = options.getOrDefault(name, AUTO);
    if (!List.of(AUTO, OFF).contains(value)) {
      throw invalid(name + " = '" + value + "'; expected " + AUTO + " or " + OFF);
    }
    return value.equals(AUTO);
  }

  private static InvalidInputException invalid(String problem) {
    return new InvalidInputException(ErrorCode.INVALID_REQUEST, "Backend 'cpu': " + problem + ".");
  }
}
