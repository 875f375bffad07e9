/** The closed vocabulary of ops: what each computes, apart from how. */
@NullMarked
package org.mla4j.api.op;

import org.jspecify.annotations.NullMarked;
