/** The engine: requests in, tokens out. */
@NullMarked
package org.mla4j.core.engine;

import org.jspecify.annotations.NullMarked;
