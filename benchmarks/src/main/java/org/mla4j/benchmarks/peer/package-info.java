/**
 * Compares MLA4J with other engines on one model: each in a process of its own, in turns, as ratios
 * with their spread.
 */
@NullMarked
package org.mla4j.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
