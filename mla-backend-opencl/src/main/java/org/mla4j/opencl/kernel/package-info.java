/** The kernel of each op: what it needs of its op, and what it submits in a step. */
@NullMarked
package org.mla4j.opencl.kernel;

import org.jspecify.annotations.NullMarked;
