/** Finding places of a plan where several nodes may become one, and proving that they may. */
@NullMarked
package org.mla4j.core.fusion;

import org.jspecify.annotations.NullMarked;
