/** Finding backends and choosing among them. */
@NullMarked
package org.mla4j.core.registry;

import org.jspecify.annotations.NullMarked;
