package org.mla4j.benchmarks.peer;

import java.util.List;

/**
 * What a comparison found; as JSON, a file of results.
 *
 * @param model the model's file
 * @param modelBytes its size
 * @param threads threads of each engine
 * @param machine processor, JVM and system
 * @param date day of the run, ISO 8601
 * @param together whether both engines were loaded all the time; else each was loaded anew in each
 *     round
 * @param ours MLA4J
 * @param theirs the peer
 * @param times of each test
 */
public record Comparison(
    String model,
    long modelBytes,
    int threads,
    String machine,
    String date,
    boolean together,
    ContenderReport ours,
    ContenderReport theirs,
    List<PairedTimes> times) {}
