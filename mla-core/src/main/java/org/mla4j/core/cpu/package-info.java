/** The {@code cpu} backend: plain scalar kernels for every op, vector kernels where they matter. */
@NullMarked
package org.mla4j.core.cpu;

import org.jspecify.annotations.NullMarked;
