/** Values and contracts. */
@NullMarked
package org.mla4j.api;

import org.jspecify.annotations.NullMarked;
