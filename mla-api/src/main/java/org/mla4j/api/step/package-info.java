/** The description of one step: which tokens of which sequences are computed. */
@NullMarked
package org.mla4j.api.step;

import org.jspecify.annotations.NullMarked;
