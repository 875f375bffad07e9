/** Descriptions of layers as data: dimensions, rope, norms, softmax scale, cache. */
@NullMarked
package org.mla4j.api.spec;

import org.jspecify.annotations.NullMarked;
