package org.mla4j.core.engine;

/**
 * A snapshot of an engine.
 *
 * @param waiting requests that wait for a place
 * @param running requests that share the steps
 * @param freeBlocks cache blocks nobody holds
 * @param totalBlocks all cache blocks but the reserved one
 * @param steps steps run so far
 * @param replayedSteps those of them that were replayed from graphs
 * @param prefillTokens tokens of prompts computed so far
 * @param decodeTokens tokens of answers computed so far
 */
public record EngineStatistics(
    int waiting,
    int running,
    int freeBlocks,
    int totalBlocks,
    long steps,
    long replayedSteps,
    long prefillTokens,
    long decodeTokens) {}
