package org.mla4j.tck.harness;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;

/**
 * The sequences of a step. Their numbers depend on the identity of each and on positions, not on
 * who else is there.
 *
 * @param name for people
 * @param sequences decode sequences first
 * @param blockSize tokens per cache block
 * @param contextTokens rows of a context pass; 0 for as many as fit the contexts
 * @param tweak changes the description after the sequences were added
 */
public record Batch(
    String name,
    List<Seq> sequences,
    int blockSize,
    int contextTokens,
    Consumer<StepDescription> tweak) {
  /** Rows, sequences and blocks that are there and not used. */
  private static final int SPARE = 3;

  /** An entry that nobody may follow. */
  private static final int TRAP = 0x7FFF_FFF0;

  /** Ids of tokens are below this. */
  public static final int VOCABULARY = 64;

  /**
   * A sequence.
   *
   * @param id who it is
   * @param phase how it is attended
   * @param context tokens in the cache
   * @param tokens new tokens
   */
  public record Seq(int id, Phase phase, int context, int tokens) {
    int length() {
      return context + tokens;
    }
  }

  /** A batch of a decode part and a prefill part, each of pairs of context and tokens. */
  public static Batch of(String name, int blockSize, int[][] decode, int[][] prefill) {
    List<Seq> sequences = new ArrayList<>();
    for (int[] seq : decode) {
      sequences.add(new Seq(sequences.size(), Phase.DECODE, seq[0], seq[1]));
    }
    for (int[] seq : prefill) {
      sequences.add(new Seq(sequences.size(), Phase.PREFILL, seq[0], seq[1]));
    }
    return new Batch(name, sequences, blockSize, 0, step -> {});
  }

  /** Some of everything: decode and prefill, with and without context, an empty sequence. */
  public static Batch mixed() {
    return of(
        "mixed",
        16,
        new int[][] {{20, 1}, {31, 2}, {0, 1}},
        new int[][] {{17, 3}, {0, 5}, {5, 0}, {32, 2}});
  }

  /** Another of the same limits. */
  public static Batch other() {
    return of("other", 16, new int[][] {{3, 1}, {15, 1}}, new int[][] {{0, 2}, {16, 4}});
  }

  /** Decode tokens only. */
  public static Batch decodeOnly() {
    return of("decode only", 16, new int[][] {{20, 1}, {31, 1}, {0, 1}, {15, 1}}, new int[][] {});
  }

  /** Prefill tokens only. */
  public static Batch prefillOnly() {
    return of("prefill only", 16, new int[][] {}, new int[][] {{0, 6}, {17, 3}, {32, 2}});
  }

  /** The same with a change to the description. */
  public Batch with(String how, Consumer<StepDescription> change) {
    return new Batch(name + ", " + how, sequences, blockSize, contextTokens, tweak.andThen(change));
  }

  /** The same with passes of so many rows. */
  public Batch contextTokens(int rows) {
    return new Batch(name, sequences, blockSize, rows, tweak);
  }

  /** The same with blocks of another size. */
  public Batch blockSize(int tokens) {
    return new Batch(name, sequences, tokens, contextTokens, tweak);
  }

  /** One of the sequences alone. */
  public Batch alone(int index) {
    return new Batch(
        name + ", sequence " + index + " alone",
        List.of(sequences.get(index)),
        blockSize,
        contextTokens,
        tweak);
  }

  /** All tokens. */
  public int tokens() {
    return sequences.stream().mapToInt(Seq::tokens).sum();
  }

  /** The first row of a sequence. */
  public int firstToken(int index) {
    return sequences.subList(0, index).stream().mapToInt(Seq::tokens).sum();
  }

  private int blocksUsed() {
    return sequences.stream().mapToInt(seq -> Math.ceilDiv(seq.length(), blockSize)).sum();
  }

  /** Limits with a little room. */
  public StepLimits limits() {
    int longest = sequences.stream().mapToInt(Seq::length).max().orElse(1);
    int contexts = sequences.stream().mapToInt(Seq::context).sum();
    int seats = sequences.size() + SPARE;
    return new StepLimits(
        tokens() + SPARE,
        seats,
        longest + 2 * blockSize,
        blockSize,
        blocksUsed() + 1 + SPARE,
        tokens() + SPARE,
        Math.max(seats, contextTokens == 0 ? Math.max(8, contexts) : contextTokens));
  }

  /** Limits that this batch and another fit. */
  public StepLimits limits(Batch another) {
    StepLimits a = limits();
    StepLimits b = another.limits();
    return new StepLimits(
        Math.max(a.maxTokens(), b.maxTokens()),
        Math.max(a.maxSequences(), b.maxSequences()),
        Math.max(a.maxSequenceLength(), b.maxSequenceLength()),
        blockSize,
        Math.max(a.blocks(), b.blocks()),
        Math.max(a.maxLogitRows(), b.maxLogitRows()),
        Math.max(a.contextTokens(), b.contextTokens()));
  }

  /** Describes the step. Blocks are scattered; all that is beyond the live part is a trap. */
  public void describe(StepDescription step) {
    step.clear();
    int spare = step.limits().blocks() - 1 - blocksUsed();
    int[] order = Numbers.permutation(1, blocksUsed() + spare, 4, sequences.size());
    int used = 0;
    for (int i = 0; i < sequences.size(); i++) {
      Seq seq = sequences.get(i);
      int count = Math.ceilDiv(seq.length(), blockSize);
      int[] blocks = java.util.Arrays.copyOfRange(order, used, used + count);
      used += count;
      int[] ids = new int[seq.tokens()];
      for (int j = 0; j < ids.length; j++) {
        ids[j] = Numbers.random(7, seq.id(), seq.context() + j).nextInt(VOCABULARY);
      }
      step.addSequence(seq.phase(), seq.context(), ids, 0, ids.length, blocks, count);
      if (seq.tokens() > 0) {
        boolean greedy = seq.id() % 2 == 0;
        step.wantLastLogits(
            greedy ? Sampling.GREEDY : new Sampling(0.8f, 20, 0.9f, 0.01f),
            Numbers.random(8, seq.id()).nextDouble());
      }
    }
    tweak.accept(step);
    setTraps(step);
  }

  private void setTraps(StepDescription step) {
    StepLimits limits = step.limits();
    for (int i = step.tokens(); i < limits.maxTokens(); i++) {
      step.tokenIds().setAtIndex(ValueLayout.JAVA_INT, i, TRAP);
      step.positions().setAtIndex(ValueLayout.JAVA_LONG, i, TRAP);
      step.tokenSequences().setAtIndex(ValueLayout.JAVA_INT, i, TRAP);
      // A slot that exists and is nobody's: who writes there is seen.
      step.slots().setAtIndex(ValueLayout.JAVA_LONG, i, limits.blockSize() / 2);
    }
    for (int sequence = 0; sequence < limits.maxSequences(); sequence++) {
      int owned =
          sequence < sequences.size() && sequence < step.sequences()
              ? Math.ceilDiv(step.sequenceLength(sequence), blockSize)
              : 0;
      MemorySegment tables = step.blockTables();
      for (int i = owned; i < limits.blocksPerSequence(); i++) {
        tables.setAtIndex(
            ValueLayout.JAVA_INT, (long) sequence * limits.blocksPerSequence() + i, TRAP);
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
