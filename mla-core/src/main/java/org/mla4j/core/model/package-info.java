/** What the engine needs to know of a model. */
@NullMarked
package org.mla4j.core.model;

import org.jspecify.annotations.NullMarked;
