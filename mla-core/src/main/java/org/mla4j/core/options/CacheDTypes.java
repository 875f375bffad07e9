package org.mla4j.core.options;

import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.spec.CacheType;
import org.mla4j.api.tensor.DType;

/**
 * The types of caches: one for all layers, and others for layers of some types. Immutable.
 *
 * <p>{@link CacheType#FP8_DS_MLA} is a type of MLA layers only: chosen for all layers it is theirs,
 * and layers of other types have F32.
 *
 * @param common for layers whose type is not named
 * @param byLayerType type of a layer, such as {@code multi_head_latent_attention}, to type of cache
 */
public record CacheDTypes(CacheType common, Map<String, CacheType> byLayerType) {
  /** Caches as exact as the computation. */
  public static final CacheDTypes F32 = of(CacheType.F32);

  private static final String KNOWN = "F32, BF16, F16, F8_E4M3 or FP8_DS_MLA";

  /**
   * Copies the map, sorted by name.
   *
   * @throws InvalidInputException if layers are to have a type that is not for them
   */
  public CacheDTypes {
    Map<String, CacheType> sorted = new TreeMap<>(byLayerType);
    if (common == CacheType.FP8_DS_MLA) {
      common = CacheType.F32;
      sorted.putIfAbsent(MultiHeadLatentAttention.TYPE, CacheType.FP8_DS_MLA);
    }
    sorted.forEach(CacheDTypes::requireFor);
    byLayerType = Collections.unmodifiableMap(sorted);
  }

  private static void requireFor(String layerType, CacheType type) {
    if (type == CacheType.FP8_DS_MLA && !layerType.equals(MultiHeadLatentAttention.TYPE)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Option cacheDType of '"
              + layerType
              + "' = "
              + type
              + "; expected one of F32, BF16, F16, F8_E4M3: only layers of type '"
              + MultiHeadLatentAttention.TYPE
              + "' have such rows.");
    }
  }

  /**
   * Makes a choice for all layers.
   *
   * @param type the type of their caches
   * @return the choice
   */
  public static CacheDTypes of(CacheType type) {
    return new CacheDTypes(type, Map.of());
  }

  /**
   * Makes a choice for all layers.
   *
   * @param dtype F32, BF16, F16 or F8_E4M3
   * @return the choice
   * @throws InvalidInputException if it is none of these
   */
  public static CacheDTypes of(DType dtype) {
    return of(
        switch (dtype) {
          case F32 -> CacheType.F32;
          case BF16 -> CacheType.BF16;
          case F16 -> CacheType.F16;
          case F8_E4M3 -> CacheType.F8_E4M3;
          default ->
              throw new InvalidInputException(
                  ErrorCode.INVALID_REQUEST,
                  "Option cacheDType = " + dtype + "; expected one of F32, BF16, F16, F8_E4M3.");
        });
  }

  /**
   * Reads a choice as users write it: {@code bf16}, or {@code
   * bf16,multi_head_latent_attention=fp8_e4m3}.
   *
   * @param list a type for all layers, {@code layer_type=type} for some, separated by commas
   * @return the choice; F32 for layers that are not named
   * @throws InvalidInputException if the list is malformed, a type is unknown, or layers are to
   *     have one that is not for them
   */
  public static CacheDTypes parse(String list) {
    CacheType common = null;
    Map<String, CacheType> byLayerType = new TreeMap<>();
    for (String entry : list.split(",", -1)) {
      int equals = entry.indexOf('=');
      CacheType type = type(list, entry.substring(equals + 1).strip());
      boolean first =
          equals < 0
              ? common == null
              : byLayerType.put(entry.substring(0, equals).strip(), type) == null;
      if (!first) {
        throw malformed(list, "says '" + entry.strip() + "' where something was said before");
      }
      common = equals < 0 ? type : common;
    }
    return new CacheDTypes(common == null ? CacheType.F32 : common, byLayerType);
  }

  private static CacheType type(String list, String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "F32", "FP32", "FLOAT32" -> CacheType.F32;
      case "BF16", "BFLOAT16" -> CacheType.BF16;
      case "F16", "FP16", "FLOAT16" -> CacheType.F16;
      case "F8_E4M3", "FP8_E4M3", "FP8" -> CacheType.F8_E4M3;
      case "FP8_DS_MLA" -> CacheType.FP8_DS_MLA;
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
            + "; expected "
            + KNOWN
            + ", or layer_type=TYPE, each once, separated by commas.");
  }

  /**
   * Returns the type of cache for layers of a type.
   *
   * @param layerType type of the layers
   * @return their own, or the common one
   */
  public CacheType of(String layerType) {
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
}
