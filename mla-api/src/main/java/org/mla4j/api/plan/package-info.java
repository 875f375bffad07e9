/** A step of a model as data: nodes and their order. */
@NullMarked
package org.mla4j.api.plan;

import org.jspecify.annotations.NullMarked;
