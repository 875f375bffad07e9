/**
 * Weights packed for speed, sixteen rows side by side, and the kernels over them, which are written
 * as code when they are first needed.
 */
@NullMarked
package org.mla4j.core.cpu.packed;

import org.jspecify.annotations.NullMarked;
