/**
 * What all kernels of the {@code cpu} backend share: the seam between kernel sets, weights, scratch
 * memory.
 */
@NullMarked
package org.mla4j.core.cpu.kernel;

import org.jspecify.annotations.NullMarked;
