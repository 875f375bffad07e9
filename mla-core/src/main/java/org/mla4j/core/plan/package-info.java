/** The plan of a step, as data. */
@NullMarked
package org.mla4j.core.plan;

import org.jspecify.annotations.NullMarked;
