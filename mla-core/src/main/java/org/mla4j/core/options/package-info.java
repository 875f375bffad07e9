/** What a user can choose: backend, ops, threads, limits. */
@NullMarked
package org.mla4j.core.options;

import org.jspecify.annotations.NullMarked;
