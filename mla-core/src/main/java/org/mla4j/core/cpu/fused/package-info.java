/**
 * Kernels of fused ops, put together from the kernels of their parts: their arithmetic is that of
 * the parts, so their results are the same bits.
 */
@NullMarked
package org.mla4j.core.cpu.fused;

import org.jspecify.annotations.NullMarked;
