/** The engine. */
@NullMarked
package org.mla4j.core;

import org.jspecify.annotations.NullMarked;
