/** Backends as a vendor would write them: against the API alone, unknown to every model. */
@NullMarked
package org.mla4j.models.plugin;

import org.jspecify.annotations.NullMarked;
