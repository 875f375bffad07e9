package org.mla4j.core.engine;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.mla4j.api.step.Sampling;

/**
 * One request while the engine works on it. Owned by the engine's thread; all memory is taken when
 * it is made, so that a step allocates nothing.
 */
final class Sequence {
  /** Splittable, fast, and the same on every JVM. */
  private static final String GENERATOR = "L64X128MixRandom";

  /** Stands for no row of logits. */
  static final int NO_ROW = -1;

  final Generation generation;
  final int[] tokens;
  final int promptLength;
  final int lastLength;
  final int[] blocks;
  final int blockCount;
  final Sampling sampling;

  /** Tokens known: prompt and drawn ones. */
  int length;

  /** Tokens whose cache rows are written. */
  int computed;

  /** The row of logits in the current step, if it takes part. */
  int logitRow = NO_ROW;

  /** The new tokens of the current step; 0 if it takes no part. */
  int scheduled;

  private final int[] stopTokens;
  private final RandomGenerator random;

  Sequence(Generation generation, GenerationRequest request, int lastLength, int blockCount) {
    this.generation = generation;
    this.promptLength = request.promptLength();
    this.lastLength = lastLength;
    this.tokens = Arrays.copyOf(request.prompt(), lastLength);
    this.length = promptLength;
    this.blocks = new int[blockCount];
    this.blockCount = blockCount;
    this.sampling = request.sampling();
    this.stopTokens = request.stopTokens().stream().mapToInt(Integer::intValue).sorted().toArray();
    this.random = RandomGeneratorFactory.of(GENERATOR).create(request.seed());
  }

  /** A uniform draw; greedy sequences need none. */
  double draw() {
    return sampling.isGreedy() ? 0 : random.nextDouble();
  }

  boolean isStop(int token) {
    return Arrays.binarySearch(stopTokens, token) >= 0;
  }

  int remaining() {
    return length - computed;
  }
}
