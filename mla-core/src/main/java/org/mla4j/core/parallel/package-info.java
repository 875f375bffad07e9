/** The threads of an engine. */
@NullMarked
package org.mla4j.core.parallel;

import org.jspecify.annotations.NullMarked;
