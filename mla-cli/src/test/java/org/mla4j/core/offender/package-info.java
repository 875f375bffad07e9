/** A class that breaks the rules of {@code org.mla4j.architecture}, to prove that they hold. */
@NullMarked
package org.mla4j.core.offender;

import org.jspecify.annotations.NullMarked;
