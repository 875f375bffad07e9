package org.mla4j.models.measure;

import org.jspecify.annotations.Nullable;
import org.mla4j.core.measure.PaceTest;

/**
 * How fast a test ran.
 *
 * @param threads threads that compute
 * @param test the test
 * @param tokensPerSecond one value for each repetition, tokens of all sequences
 * @param roofline what bounds it; null if that was not asked for
 */
public record TestResult(
    int threads, PaceTest test, Samples tokensPerSecond, @Nullable Roofline roofline) {}
