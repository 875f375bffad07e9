/** Drawing the next token from logits. */
@NullMarked
package org.mla4j.core.cpu.sampling;

import org.jspecify.annotations.NullMarked;
