package org.mla4j.models.inspect;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model is.
 *
 * @param name its name
 * @param architecture its architecture
 * @param dimensions its sizes, by their names in {@code config.json}
 * @param parameters elements of all weights in the files, block scales not counted
 * @param fileBytes bytes of all files
 * @param types what is stored in which type, largest first
 * @param unblocked matrices that cannot be of the block types that the file has, because their rows
 *     are no multiple of a block
 * @param maxPositions the longest sequence it was made for
 * @param chatTemplate where its chat template comes from; empty if it has none
 * @param layers its layers with a cache, in order
 * @param cacheBytesPerToken bytes of a token in all caches, by type of cache
 * @param memory what an engine would take
 */
public record ModelFacts(
    String name,
    String architecture,
    Map<String, Long> dimensions,
    long parameters,
    long fileBytes,
    List<TypeShare> types,
    List<Matrix> unblocked,
    int maxPositions,
    Optional<String> chatTemplate,
    List<CachedLayer> layers,
    Map<String, Long> cacheBytesPerToken,
    MemoryEstimate memory) {

  /**
   * What is stored in one type.
   *
   * @param type the type, in the words of the file
   * @param tensors how many tensors
   * @param elements their elements
   * @param bytes their bytes
   */
  public record TypeShare(String type, int tensors, long elements, long bytes) {}

  /**
   * A matrix.
   *
   * @param name in the words of the file
   * @param type as stored
   * @param rowLength elements of a row
   */
  public record Matrix(String name, String type, long rowLength) {}

  /**
   * A layer that remembers tokens.
   *
   * @param name its name
   * @param absorbs true if its decode steps attend to latents, with the up-projections absorbed
   *     into queries and outputs
   * @param row elements of a token in its cache
   */
  public record CachedLayer(String name, boolean absorbs, int row) {}

  /**
   * What an engine would take.
   *
   * @param sequences so many sequences at once
   * @param length so many tokens each
   * @param cacheType type of the caches
   * @param mappedBytes weights that stay in the files, as far as they are used
   * @param dequantisedBytes weights that have to be converted, in memory
   * @param cacheBytes caches
   * @param bufferBytes values of a step
   */
  public record MemoryEstimate(
      int sequences,
      int length,
      String cacheType,
      long mappedBytes,
      long dequantisedBytes,
      long cacheBytes,
      long bufferBytes) {
    /**
     * Returns the sum.
     *
     * @return bytes
     */
    public long totalBytes() {
      return mappedBytes + dequantisedBytes + cacheBytes + bufferBytes;
    }
  }
}
