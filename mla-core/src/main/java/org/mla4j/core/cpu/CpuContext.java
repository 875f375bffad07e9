package org.mla4j.core.cpu;

import org.mla4j.api.backend.EngineContext;

/**
 * What the kernels of one opened backend share.
 *
 * @param engine what the engine offers: limits, threads, memory
 * @param weights the weights
 */
public record CpuContext(EngineContext engine, WeightStore weights) {}
