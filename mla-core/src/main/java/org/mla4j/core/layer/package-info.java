/** The default forward of each pluggable layer, as separate ops. */
@NullMarked
package org.mla4j.core.layer;

import org.jspecify.annotations.NullMarked;
