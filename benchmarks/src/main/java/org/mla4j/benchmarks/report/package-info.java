/** Writes the page with what benchmarks found, from the files that they left. */
@NullMarked
package org.mla4j.benchmarks.report;

import org.jspecify.annotations.NullMarked;
