/** The service provider interface of backends. */
@NullMarked
package org.mla4j.api.backend;

import org.jspecify.annotations.NullMarked;
