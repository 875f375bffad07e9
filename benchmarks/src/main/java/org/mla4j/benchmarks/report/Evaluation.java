package org.mla4j.benchmarks.report;

/**
 * How a model answered questions with its weights in one type.
 *
 * @param type of the matrices
 * @param questions how many were asked
 * @param expected how many answers are right
 * @param reference how many are those of the reference
 * @param otherMatrices how many matrices have another type, since their rows are no whole blocks
 */
public record Evaluation(
    String type, int questions, int expected, int reference, int otherMatrices) {}
