/** Where the values of a plan lie, and the copies between devices that follow from it. */
@NullMarked
package org.mla4j.core.residency;

import org.jspecify.annotations.NullMarked;
