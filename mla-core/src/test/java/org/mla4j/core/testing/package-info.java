/**
 * What tests of kernels, backends and engines share: golden data, a bench for single ops, weights
 * made of arrays.
 */
@NullMarked
package org.mla4j.core.testing;

import org.jspecify.annotations.NullMarked;
