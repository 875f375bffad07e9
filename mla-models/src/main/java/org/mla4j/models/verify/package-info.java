/**
 * Checks a model, and the backend that runs it, against recorded outputs of the reference
 * implementation.
 */
@NullMarked
package org.mla4j.models.verify;

import org.jspecify.annotations.NullMarked;
