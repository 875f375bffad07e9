/** What a model is, before it runs: sizes, types of weights, caches, memory. */
@NullMarked
package org.mla4j.models.inspect;

import org.jspecify.annotations.NullMarked;
