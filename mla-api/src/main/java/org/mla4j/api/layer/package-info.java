/** Pluggable layers: the largest unit a backend can replace. */
@NullMarked
package org.mla4j.api.layer;

import org.jspecify.annotations.NullMarked;
