/** The exceptions of MLA4J: one small unchecked hierarchy with stable codes. */
@NullMarked
package org.mla4j.api.error;

import org.jspecify.annotations.NullMarked;
