package org.mla4j.core.cpu.kernel;

import org.mla4j.api.backend.EngineContext;

/**
 * What the kernels of one opened backend share.
 *
 * @param engine what the engine offers: limits, threads, memory
 * @param weights the weights
 * @param scratch scratch memory of the engine's workers
 */
public record CpuContext(EngineContext engine, WeightStore weights, WorkerScratch scratch) {
  /**
   * Makes the context of a newly opened backend.
   *
   * @param engine what the engine offers
   * @return a context without weights and scratch yet; whoever made it closes its weights
   */
  public static CpuContext of(EngineContext engine) {
    return new CpuContext(
        engine, new WeightStore(engine), new WorkerScratch(engine.parallel().threads()));
  }
}
