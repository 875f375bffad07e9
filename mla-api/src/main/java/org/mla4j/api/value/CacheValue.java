package org.mla4j.api.value;

import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;

/**
 * The cache of one layer. It lives as long as the engine and has one owner.
 *
 * @param name unique in the plan
 * @param layer name of the layer
 * @param spec what a row holds
 * @param layout how rows lie in memory
 */
public record CacheValue(String name, String layer, CacheSpec spec, CacheLayout layout)
    implements Value {
  /**
   * Makes a cache with rows one after another.
   *
   * @param name unique in the plan
   * @param layer name of the layer
   * @param spec what a row holds
   */
  public CacheValue(String name, String layer, CacheSpec spec) {
    this(name, layer, spec, CacheLayout.ROW_MAJOR);
  }
}
