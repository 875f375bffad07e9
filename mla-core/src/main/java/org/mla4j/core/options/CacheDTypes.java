package org.mla4j.core.options;

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
    byLayerType = java.util.Collections.unmodifiableMap(new TreeMap<>(byLayerType));
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
   * Adds a choice for layers of one type.
   *
   * @param layerType type of the layers
   * @param dtype F32, BF16, F16 or F8_E4M3
   * @return all choices
   */
  public CacheDTypes with(String layerType, DType dtype) {
    Map<String, DType> all = new TreeMap<>(byLayerType);
    all.put(layerType, dtype);
    return new CacheDTypes(common, all);
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
          "Option cacheDType" + where + " = " + dtype + "; expected one of F32, BF16, F16, F8_E4M3.");
    }
  }
}
