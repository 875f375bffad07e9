package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.EngineContext;

/**
 * What the kernels of one opened backend share.
 *
 * @param engine what the engine offers: limits, threads, memory
 * @param weights the weights
 * @param scratch scratch memory of the engine's workers
 * @param betweenParts buffers for what exists only between the parts of a fused op
 */
public record CpuContext(
    EngineContext engine, WeightStore weights, WorkerScratch scratch, SharedBuffers betweenParts) {
  /**
   * Makes the context of a newly opened backend.
   *
   * @param engine what the engine offers
   * @return a context without weights and scratch yet; whoever made it closes its weights
   */
  public static CpuContext of(EngineContext engine) {
    return new CpuContext(
        engine,
        new WeightStore(engine),
        new WorkerScratch(engine.parallel().threads()),
        new SharedBuffers(engine));
  }
}
