/** What the tests of several packages share. */
@NullMarked
package org.mla4j.api.testing;

import org.jspecify.annotations.NullMarked;
