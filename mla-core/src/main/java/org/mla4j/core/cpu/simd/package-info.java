/** What all code of vectors shares: how wide they are. */
@NullMarked
package org.mla4j.core.cpu.simd;

import org.jspecify.annotations.NullMarked;
