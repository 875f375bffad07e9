/** Measures how fast a model runs, and how near that is to what the machine can do. */
@NullMarked
package org.mla4j.models.measure;

import org.jspecify.annotations.NullMarked;
