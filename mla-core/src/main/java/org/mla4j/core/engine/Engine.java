package org.mla4j.core.engine;

import java.util.Map;
import java.util.Set;
import org.mla4j.api.diagnosis.Explanation;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.StepLimits;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;

/**
 * Generates with one model: requests in, tokens out.
 *
 * <p>An engine owns its threads, its cache and its backends; several engines live side by side.
 * Requests that do not fit at once wait their turn in order; those that run share each step.
 *
 * <p>Threading: all methods may be called from any thread, virtual ones included. Computation runs
 * on the engine's own threads only.
 */
public final class Engine implements AutoCloseable {
  private final ModelDefinition model;
  private final StepRunner runner;
  private final EngineLoop loop;
  private final Explanation explanation;

  private Engine(ModelDefinition model, StepRunner runner, EngineOptions options) {
    this.model = model;
    this.runner = runner;
    this.explanation = runner.explain();
    this.loop = new EngineLoop(model.name(), runner, new StepScheduler(runner.limits(), options));
  }

  /**
   * Builds an engine: finds backends, makes the plan, takes the weights.
   *
   * @param model the model
   * @param options what the user chose
   * @return the engine, ready for requests
   * @throws org.mla4j.api.error.MlaException if a backend, the checkpoint or an option does not fit
   */
  public static Engine open(ModelDefinition model, EngineOptions options) {
    StepRunner runner = StepRunner.build(model, options);
    try {
      Engine engine = new Engine(model, runner, options);
      engine.loop.start();
      return engine;
    } catch (RuntimeException | Error e) {
      runner.close();
      throw e;
    }
  }

  /**
   * Starts a generation.
   *
   * @param request what is wanted
   * @return the handle, at once; tokens follow
   * @throws InvalidInputException if a token id is outside the vocabulary, or the prompt can never
   *     fit
   * @throws ClosedException if the engine is closed
   */
  public Generation generate(GenerationRequest request) {
    int[] prompt = request.prompt();
    for (int i = 0; i < prompt.length; i++) {
      checkToken(prompt[i], "prompt token " + i);
    }
    Set<Integer> stops = request.stopTokens();
    for (int stop : stops) {
      checkToken(stop, "stop token");
    }
    StepLimits limits = runner.limits();
    if (prompt.length >= limits.maxSequenceLength()) {
      throw new InvalidInputException(
          ErrorCode.REQUEST_TOO_LONG,
          "Prompt of "
              + prompt.length
              + " tokens; expected at most "
              + (limits.maxSequenceLength() - 1)
              + ", since a sequence of this engine has at most "
              + limits.maxSequenceLength()
              + " tokens (option maxSequenceLength; the model has "
              + model.maxPositions()
              + " positions).");
    }
    int lastLength =
        (int) Math.min((long) prompt.length + request.maxTokens(), limits.maxSequenceLength());
    int blocks = Math.ceilDiv(lastLength, limits.blockSize());
    if (blocks > limits.blocks() - 1) {
      throw new InvalidInputException(
          ErrorCode.REQUEST_TOO_LONG,
          "Prompt of "
              + prompt.length
              + " tokens and "
              + (lastLength - prompt.length)
              + " to come need "
              + blocks
              + " cache blocks of "
              + limits.blockSize()
              + " tokens; the cache has "
              + (limits.blocks() - 1)
              + " (option cacheTokens).");
    }
    Generation generation = new Generation(request, lastLength - prompt.length, loop::cancelled);
    loop.submit(new Sequence(generation, request, lastLength, blocks));
    return generation;
  }

  /**
   * Changes weights between two steps: runs the caller's change of the values behind the weight
   * handles, then has all backends take them again, into the same storage. No step runs meanwhile;
   * running generations go on with the new weights, over what their cache holds. The model must
   * still be open.
   *
   * @param change writes the new values; called on the engine's thread
   * @throws org.mla4j.api.error.BackendException if a backend cannot reload, before anything is
   *     changed; or if it fails on the way, which ends the engine, since weights would be a mixture
   * @throws ClosedException if the engine is closed
   */
  public void reloadWeights(Runnable change) {
    loop.reloadWeights(change);
  }

  /**
   * Tells who runs what.
   *
   * @return the plan as data
   */
  public Explanation explain() {
    return explanation;
  }

  /**
   * Returns what the engine does now and has done.
   *
   * @return a snapshot
   */
  public EngineStatistics statistics() {
    return loop.statistics();
  }

  /**
   * Returns how much host memory outside the heap is used, without mapped weights.
   *
   * @return purpose to bytes; empty once this is closed
   */
  public Map<String, Long> memory() {
    return runner.memory();
  }

  /**
   * Returns the limits of a step and of a sequence.
   *
   * @return the limits
   */
  public StepLimits limits() {
    return runner.limits();
  }

  /**
   * Cancels all generations, waits for the step in flight, which ends at the next layer, then frees
   * everything. Calling it twice does no harm. The model is not closed.
   */
  @Override
  public void close() {
    loop.close();
  }

  private void checkToken(int token, String what) {
    if (token < 0 || token >= model.vocabularySize()) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST,
          "Generation request: "
              + what
              + " is "
              + token
              + "; expected 0 to "
              + (model.vocabularySize() - 1)
              + ", the vocabulary of '"
              + model.name()
              + "'.");
    }
  }
}
