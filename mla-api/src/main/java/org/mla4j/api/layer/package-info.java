/** The pluggable layers: the largest units a backend can replace. */
@NullMarked
package org.mla4j.api.layer;

import org.jspecify.annotations.NullMarked;
