package org.mla4j.benchmarks.peer;

/**
 * One of two engines that were compared.
 *
 * @param name for example {@code llama.cpp}
 * @param version of the engine
 * @param settings what else its figures depend on
 * @param readySeconds from the start of its process until it takes requests, the file's pages being
 *     in memory or not
 * @param peakBytes the most memory its process had, mapped files included; 0 if the system does not
 *     tell
 */
public record ContenderReport(
    String name, String version, String settings, double readySeconds, long peakBytes) {}
