/**
 * JMH benchmarks of the {@code cpu} backend's kernels, and a full-size model, on made-up weights.
 */
@NullMarked
package org.mla4j.benchmarks;

import org.jspecify.annotations.NullMarked;
