/** Loading plug-ins from jars that are not on the application's own path. */
@NullMarked
package org.mla4j.core.plugin;

import org.jspecify.annotations.NullMarked;
