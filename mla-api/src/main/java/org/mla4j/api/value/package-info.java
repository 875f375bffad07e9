/** What flows between the ops of a plan: tensors of a step, caches, inputs of the step. */
@NullMarked
package org.mla4j.api.value;

import org.jspecify.annotations.NullMarked;
