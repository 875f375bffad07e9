package org.mla4j.tck;

import org.mla4j.api.op.VendorOp;

/**
 * An example of a backend's own op. The kit fills the values that it reads with random numbers of
 * about 1, runs the kernel in several batches, and compares with the op's reference.
 *
 * @param name what the example shows
 * @param op the op, with its values, caches and {@linkplain SampleWeight weights}
 * @param tolerance the largest difference allowed, relative to the largest number expected; 1e-5
 *     suits arithmetic in binary32
 */
public record VendorSample(String name, VendorOp op, double tolerance) {}
