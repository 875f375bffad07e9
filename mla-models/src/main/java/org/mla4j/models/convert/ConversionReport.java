package org.mla4j.models.convert;

import java.util.List;
import java.util.Optional;

/**
 * What a conversion did.
 *
 * @param source name of the source model
 * @param architecture its architecture
 * @param layers what each layer keeps
 * @param kvLoraRank width of the latent
 * @param qkRopeHeadDim width of the shared rotary key
 * @param qkNopeHeadDim elements of a key head that do not rotate
 * @param ropeTheta base of the rotary frequencies of the result
 * @param calibrationTokens tokens that keys and values were calibrated with; 0 if weights alone
 * @param cacheRowBefore elements of a token in the cache of a layer of the source
 * @param cacheRowAfter elements of a token in the cache of a layer of the result
 * @param absorbs true if decode steps of the result attend to latents; false if its heads are
 *     normed, so that keys have to be decompressed
 * @param change what it did to the outputs; empty if no text was given
 */
public record ConversionReport(
    String source,
    String architecture,
    List<Layer> layers,
    int kvLoraRank,
    int qkRopeHeadDim,
    int qkNopeHeadDim,
    double ropeTheta,
    long calibrationTokens,
    int cacheRowBefore,
    int cacheRowAfter,
    boolean absorbs,
    Optional<ModelChange> change) {
  /** Copies the list. */
  public ConversionReport {
    layers = List.copyOf(layers);
  }

  /**
   * What a layer keeps.
   *
   * @param ropeEnergy part of the energy of its rotary keys in the shared key, 0 to 1
   * @param latentEnergy part of the energy of values and of the rest of its keys in the latent
   * @param exact true if nothing is lost but rounding
   */
  public record Layer(double ropeEnergy, double latentEnergy, boolean exact) {}

  /**
   * Tells whether the result computes what the source computes, but for rounding.
   *
   * @return true if all layers are exact
   */
  public boolean exact() {
    return layers.stream().allMatch(Layer::exact);
  }

  /**
   * Returns what a token costs before, in caches of all layers.
   *
   * @param cellBytes bytes of an element, 4 for F32
   * @return bytes
   */
  public long cacheBytesBefore(int cellBytes) {
    return (long) layers.size() * cacheRowBefore * cellBytes;
  }

  /**
   * Returns what a token costs after, in caches of all layers.
   *
   * @param cellBytes bytes of an element, 4 for F32
   * @return bytes
   */
  public long cacheBytesAfter(int cellBytes) {
    return (long) layers.size() * cacheRowAfter * cellBytes;
  }
}
