/** How a plan is run: memory, kernels, graphs, steps. */
@NullMarked
package org.mla4j.core.execution;

import org.jspecify.annotations.NullMarked;
