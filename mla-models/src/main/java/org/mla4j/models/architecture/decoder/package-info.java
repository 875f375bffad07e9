/** What decoders of several families have in common. */
@NullMarked
package org.mla4j.models.architecture.decoder;

import org.jspecify.annotations.NullMarked;
