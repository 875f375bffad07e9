/** JMH benchmarks of the {@code cpu} backend's kernels, on made-up weights. */
@NullMarked
package org.mla4j.benchmarks;

import org.jspecify.annotations.NullMarked;
