/**
 * A second backend, in plain loops, written against {@code mla-api} alone, and the mistakes that it
 * can make on purpose. The kit is tested with both: the backend must pass it, and every mistake
 * must be caught by the rule that is meant for it.
 */
@NullMarked
package org.mla4j.tck.plain;

import org.jspecify.annotations.NullMarked;
