/** Models. */
@NullMarked
package org.mla4j.models;

import org.jspecify.annotations.NullMarked;
