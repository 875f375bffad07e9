/** What each op means, computed in binary64 with plain loops. */
@NullMarked
package org.mla4j.tck.reference;

import org.jspecify.annotations.NullMarked;
