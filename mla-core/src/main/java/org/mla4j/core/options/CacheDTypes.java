package org.mla4j.core.options;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;

/**
 * The element types of caches: one for all layers, and others for layers of some types. Immutable.
 *
 * @param common for layers whose type is not named
 * @param byLayerType type of a layer, such as {@code multi_head_latent_attention}, to element type
 */
public record CacheDTypes(DType common, Map<String, DType> byLayerType) {
  /** Caches as exact as the computation. */
  public static final CacheDTypes F32 = of(DType.F32);

  /**
   * Copies the map, sorted by name.
   *
   * @throws InvalidInputException if a type cannot be a cache cell
   */
  public CacheDTypes {
    byLayerType = Collections.unmodifiableMap(new TreeMap<>(byLayerType));
    requireCell("", common);
    byLayerType.forEach((layer, dtype) -> requireCell(" of '" + layer + "'", dtype));
  }

  /**
   * Makes a choice for all layers.
   *
   * @param dtype F32, BF16, F16 or F8_E4M3
   * @return the choice
   */
  public static CacheDTypes of(DType dtype) {
    return new CacheDTypes(dtype, Map.of());
  }

  /**
   * Reads a choice as users write it: {@code bf16}, or {@code
   * bf16,multi_head_latent_attention=fp8_e4m3}.
   *
   * @param list an element type for all layers, {@code layer_type=type} for some, separated by
   *     commas
   * @return the choice; F32 for layers that are not named
   * @throws InvalidInputException if the list is malformed, or a type is unknown or no cache cell
   */
  public static CacheDTypes parse(String list) {
    DType common = null;
    Map<String, DType> byLayerType = new TreeMap<>();
    for (String entry : list.split(",", -1)) {
      int equals = entry.indexOf('=');
      DType dtype = dtype(list, entry.substring(equals + 1).strip());
      boolean first =
          equals < 0
              ? common == null
              : byLayerType.put(entry.substring(0, equals).strip(), dtype) == null;
      if (!first) {
        throw malformed(list, "says '" + entry.strip() + "' where something was said before");
      }
      common = equals < 0 ? dtype : common;
    }
    return new CacheDTypes(common == null ? DType.F32 : common, byLayerType);
  }

  private static DType dtype(String list, String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "F32", "FP32", "FLOAT32" -> DType.F32;
      case "BF16", "BFLOAT16" -> DType.BF16;
      case "F16", "FP16", "FLOAT16" -> DType.F16;
      case "F8_E4M3", "FP8_E4M3", "FP8" -> DType.F8_E4M3;
      default -> throw malformed(list, "has the unknown type '" + name + "'");
    };
  }

  private static InvalidInputException malformed(String list, String problem) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Option cacheDType '"
            + list
            + "' "
            + problem
            + "; expected F32, BF16, F16 or F8_E4M3, or layer_type=TYPE, each once, separated by"
            + " commas.");
  }

  /**
   * Returns the element type for layers of a type.
   *
   * @param layerType type of the layers
   * @return their own, or the common one
   */
  public DType of(String layerType) {
    return byLayerType.getOrDefault(layerType, common);
  }

  /** Returns for example {@code F32} or {@code F32, multi_head_latent_attention=BF16}. */
  @Override
  public String toString() {
    return common
        + byLayerType.entrySet().stream()
            .map(entry -> ", " + entry.getKey() + "=" + entry.getValue())
            .collect(Collectors.joining());
  }

  private static void requireCell(String where, DType dtype) {
    if (!dtype.isFloat()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option cacheDType"
              + where
              + " = "
              + dtype
              + "; expected one of F32, BF16, F16, F8_E4M3.");
    }
  }
}
