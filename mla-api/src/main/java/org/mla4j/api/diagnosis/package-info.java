/** What the engine found and what it chose, as data. */
@NullMarked
package org.mla4j.api.diagnosis;

import org.jspecify.annotations.NullMarked;
