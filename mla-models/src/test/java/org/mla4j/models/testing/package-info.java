/** What tests of this module share. */
@NullMarked
package org.mla4j.models.testing;

import org.jspecify.annotations.NullMarked;
