/** From a model to a plan that runs: expansion, selection, memory, execution. */
@NullMarked
package org.mla4j.core.plan;

import org.jspecify.annotations.NullMarked;
