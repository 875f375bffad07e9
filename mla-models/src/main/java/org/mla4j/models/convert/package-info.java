/**
 * Conversion of grouped-query attention to Multi-Head Latent Attention, in the manner of TransMLA:
 * exact where the ranks allow it, by principal components of calibrated keys and values otherwise.
 */
@NullMarked
package org.mla4j.models.convert;

import org.jspecify.annotations.NullMarked;
