/**
 * Kernels of the {@code cpu} backend on the Vector API.
 *
 * <p>Numbers: every output element is computed by one order of operations, which depends on the
 * length of its reduction and the width of the vectors only: not on the number of rows in the step,
 * the number of threads, or what the just-in-time compiler has done so far. Dot products keep one
 * partial sum per lane and add the lanes as {@link org.mla4j.core.cpu.vector.LaneSums} says; those
 * of attention keep two, as {@link org.mla4j.core.cpu.vector.LaneTile} says; weighted sums of rows
 * run from the first row to the last. Operations whose result the Vector API leaves open (sums of
 * lanes, transcendental functions) are not used.
 *
 * <p>Shape of the code: C2 compiles a loop on vectors without boxing them only while the method and
 * all it inlines stay below a limit. So each inner loop is one static method without helpers of our
 * own, vectors never cross a method, and what varies (formats, tails, addressing) happens outside.
 */
@NullMarked
package org.mla4j.core.cpu.vector;

import org.jspecify.annotations.NullMarked;
