/** Models with grouped-query attention that were converted to Multi-Head Latent Attention. */
@NullMarked
package org.mla4j.models.architecture.transmla;

import org.jspecify.annotations.NullMarked;
