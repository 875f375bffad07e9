package org.mla4j.core.cpu.packed;

/**
 * What each head has of the up-projection from the latent to keys and values.
 *
 * @param heads how many heads
 * @param key rows of a head's keys
 * @param value rows of a head's values
 * @param latent columns
 */
public record HeadShape(int heads, int key, int value, int latent) {}
