/** What a machine can do at best, measured beside the benchmarks whose share of it is reported. */
@NullMarked
package org.mla4j.benchmarks.bound;

import org.jspecify.annotations.NullMarked;
