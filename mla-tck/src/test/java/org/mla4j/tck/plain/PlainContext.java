package org.mla4j.tck.plain;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.mla4j.api.backend.EngineContext;

/**
 * What all kernels of an opened backend share.
 *
 * @param engine the engine it was opened for
 * @param weights the weights it took
 * @param mistakes what it does wrong
 * @param open how many backends of its provider are open
 * @param prepared whether the step was prepared for the next kernel
 */
record PlainContext(
    EngineContext engine,
    PlainWeights weights,
    Mistakes mistakes,
    AtomicInteger open,
    AtomicBoolean prepared) {
  boolean wrong(Mistake mistake) {
    return mistakes.include(mistake);
  }

  /** Numbers to compute with, so many for each thread. */
  Workspace workspace(String purpose, int numbers) {
    return new Workspace(engine, purpose, numbers);
  }
}
