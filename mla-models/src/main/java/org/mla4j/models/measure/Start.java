package org.mla4j.models.measure;

/**
 * How long it takes until a model answers.
 *
 * @param threads threads that compute
 * @param openSeconds opening its files, the check of weights included where one is made
 * @param readySeconds from there until steps can run: plan, memory, and taking the weights, which
 *     is where a backend brings them into a form of its own
 * @param firstTokenSeconds from the beginning to the first token, after a prompt of {@link
 *     Benchmark#FIRST_PROMPT} tokens; where the files were opened once for several engines, as if
 *     it had been for this one
 */
public record Start(
    int threads, double openSeconds, double readySeconds, double firstTokenSeconds) {}
