/**
 * A plain kernel for every op: what faster kernels are held to, and what runs without the Vector
 * API.
 *
 * <p>These kernels are written to be read. They compute one element after another, sum in binary64,
 * and split work only where elements do not depend on each other, so that no result depends on the
 * number of threads.
 */
@NullMarked
package org.mla4j.core.cpu.scalar;

import org.jspecify.annotations.NullMarked;
