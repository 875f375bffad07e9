/** Models that came from GGUF files, or went into them. */
@NullMarked
package org.mla4j.models.gguf;

import org.jspecify.annotations.NullMarked;
