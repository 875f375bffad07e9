/** Which architectures there are, and how a checkpoint finds its own. */
@NullMarked
package org.mla4j.models.architecture;

import org.jspecify.annotations.NullMarked;
