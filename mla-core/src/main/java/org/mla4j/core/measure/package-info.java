/** Measures the pace of a model and what bounds it. */
@NullMarked
package org.mla4j.core.measure;

import org.jspecify.annotations.NullMarked;
