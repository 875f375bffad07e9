/** How a plan is made: recorded, offered to backends, fused, settled. */
@NullMarked
package org.mla4j.core.planner;

import org.jspecify.annotations.NullMarked;
