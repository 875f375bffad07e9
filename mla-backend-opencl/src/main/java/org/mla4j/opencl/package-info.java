/** The provider that an engine finds, and the opened backend. */
@NullMarked
package org.mla4j.opencl;

import org.jspecify.annotations.NullMarked;
