/** What steps must compute and read, counted from their plan. */
@NullMarked
package org.mla4j.core.cost;

import org.jspecify.annotations.NullMarked;
