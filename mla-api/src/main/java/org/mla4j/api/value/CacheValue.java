package org.mla4j.api.value;

import org.mla4j.api.spec.CacheSpec;

/**
 * The cache of one layer. It lives as long as the engine and has one owner.
 *
 * @param name unique in the plan
 * @param layer name of the layer
 * @param spec what a row holds
 */
public record CacheValue(String name, String layer, CacheSpec spec) implements Value {}
