package org.mla4j.api.step;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * What one step computes, described once for all layers: decode sequences first, then prefill
 * sequences; for each its new tokens, its context and its cache blocks.
 *
 * <p>The context of prefill sequences is attended in <em>context passes</em>, which bound the
 * memory of decompressed keys and values: each takes up a piece of every sequence's context, all
 * pieces of one length but the last. Whoever runs the plan opens the passes one after another, and
 * waits for the kernels of one before the next; {@link Rows#CONTEXT} and the methods named after
 * the context speak of the open one.
 *
 * <p>The engine owns it and refills it in place, without allocation; kernels read it. A kernel that
 * wants the numbers on a device copies the segments in {@code Backend.prepare}, once per step;
 * those of the context it copies in its {@code forward}, once per pass.
 *
 * <p>Threading: filled by one thread, then read by any number until it is cleared; passes are
 * opened while no kernel reads.
 */
public final class StepDescription {
  /** The slot of a token whose cache row is not written. */
  public static final long NO_SLOT = -1;

  private final StepLimits limits;
  private final MemorySegment tokenIds;
  private final MemorySegment positions;
  private final MemorySegment slots;
  private final MemorySegment tokenSequences;
  private final MemorySegment queryStarts;
  private final MemorySegment sequenceLengths;
  private final MemorySegment blockTables;
  private final MemorySegment logitRows;
  private final MemorySegment contextStarts;
  private final MemorySegment contextRowStarts;
  private final MemorySegment contextSequences;
  private final MemorySegment copiedBlocks;
  private final Sampling[] sampling;
  private final double[] draws;

  private long number;
  private int tokens;
  private int sequences;
  private int decodeTokens;
  private int decodeSequences;
  private int logits;

  /** Prefill sequences with a context, and the longest such context. */
  private int contextSequenceCount;

  private int longestContext;

  /** Tokens of a sequence in a context pass; 0 without any. */
  private int contextPiece;

  private int contextPass;
  private int contextRows;
  private int blockCopies;
  private boolean slotMapping;
  private boolean profiling;

  /**
   * Allocates an empty description.
   *
   * @param limits the largest step it can hold
   * @param arena who owns its memory
   */
  public StepDescription(StepLimits limits, Arena arena) {
    this.limits = limits;
    int maxTokens = limits.maxTokens();
    int maxSequences = limits.maxSequences();
    tokenIds = arena.allocate(ValueLayout.JAVA_INT, maxTokens);
    positions = arena.allocate(ValueLayout.JAVA_LONG, maxTokens);
    slots = arena.allocate(ValueLayout.JAVA_LONG, maxTokens);
    tokenSequences = arena.allocate(ValueLayout.JAVA_INT, maxTokens);
    queryStarts = arena.allocate(ValueLayout.JAVA_INT, maxSequences + 1L);
    sequenceLengths = arena.allocate(ValueLayout.JAVA_INT, maxSequences);
    blockTables =
        arena.allocate(ValueLayout.JAVA_INT, (long) maxSequences * limits.blocksPerSequence());
    logitRows = arena.allocate(ValueLayout.JAVA_INT, limits.maxLogitRows());
    contextStarts = arena.allocate(ValueLayout.JAVA_INT, maxSequences);
    contextRowStarts = arena.allocate(ValueLayout.JAVA_INT, maxSequences + 1L);
    contextSequences = arena.allocate(ValueLayout.JAVA_INT, limits.contextTokens());
    copiedBlocks = arena.allocate(ValueLayout.JAVA_INT, 2L * limits.blocks());
    sampling = new Sampling[limits.maxLogitRows()];
    Arrays.fill(sampling, Sampling.GREEDY);
    draws = new double[limits.maxLogitRows()];
    clear();
  }

  /** Empties the description for the next step. */
  public void clear() {
    number++;
    tokens = 0;
    sequences = 0;
    decodeTokens = 0;
    decodeSequences = 0;
    logits = 0;
    contextSequenceCount = 0;
    longestContext = 0;
    contextPiece = 0;
    blockCopies = 0;
    closeContextPass();
    slotMapping = true;
    profiling = false;
    queryStarts.setAtIndex(ValueLayout.JAVA_INT, 0, 0);
  }

  /**
   * Adds a sequence. All decode sequences come before the first prefill sequence.
   *
   * @param phase the form its tokens are attended in
   * @param context tokens of the sequence already in the cache
   * @param ids token ids of the sequence
   * @param from index in {@code ids} of the first new token
   * @param count how many new tokens; 0 is allowed and computes nothing
   * @param blocks its cache blocks, by position divided by the block size
   * @param blockCount how many of {@code blocks} are its own
   * @return the index of the sequence in the step
   * @throws InvalidInputException if a limit is exceeded, the order is broken, or the blocks do not
   *     cover the tokens
   */
  public int addSequence(
      Phase phase, int context, int[] ids, int from, int count, int[] blocks, int blockCount) {
    require(
        phase == Phase.PREFILL || sequences == decodeSequences,
        "decode sequence after a prefill sequence");
    if (sequences == limits.maxSequences()) {
      throw invalid("more than maxSequences = " + limits.maxSequences() + " sequences");
    }
    if (context < 0) {
      throw invalid("a context of " + context + " tokens; expected 0 or more");
    }
    if (from < 0 || from > ids.length - count) {
      throw invalid(
          "tokens " + from + " to " + ((long) from + count) + " of " + ids.length + " token ids");
    }
    if (count < 0 || count > limits.maxTokens() - tokens) {
      throw invalid(
          tokens + " + " + count + " tokens; expected at most maxTokens = " + limits.maxTokens());
    }
    if (context > limits.maxSequenceLength() - count) {
      throw invalid(
          "a sequence of "
              + ((long) context + count)
              + " tokens; expected at most "
              + limits.maxSequenceLength());
    }
    int length = context + count;
    int blockSize = limits.blockSize();
    if ((long) blockCount * blockSize < length || blockCount > limits.blocksPerSequence()) {
      throw invalid(
          blockCount
              + " blocks of "
              + blockSize
              + " for "
              + length
              + " tokens; expected "
              + Math.ceilDiv(length, blockSize)
              + " to "
              + limits.blocksPerSequence());
    }
    for (int i = 0; i < blockCount; i++) {
      if (blocks[i] <= 0 || blocks[i] >= limits.blocks()) {
        throw invalid("block " + blocks[i] + "; expected 1 to " + (limits.blocks() - 1));
      }
    }
    int sequence = sequences++;
    long table = (long) sequence * limits.blocksPerSequence();
    for (int i = 0; i < blockCount; i++) {
      blockTables.setAtIndex(ValueLayout.JAVA_INT, table + i, blocks[i]);
    }
    for (int i = 0; i < count; i++) {
      int token = tokens++;
      int position = context + i;
      tokenIds.setAtIndex(ValueLayout.JAVA_INT, token, ids[from + i]);
      positions.setAtIndex(ValueLayout.JAVA_LONG, token, position);
      slots.setAtIndex(
          ValueLayout.JAVA_LONG,
          token,
          (long) blocks[position / blockSize] * blockSize + position % blockSize);
      tokenSequences.setAtIndex(ValueLayout.JAVA_INT, token, sequence);
    }
    sequenceLengths.setAtIndex(ValueLayout.JAVA_INT, sequence, length);
    queryStarts.setAtIndex(ValueLayout.JAVA_INT, sequences, tokens);
    if (phase == Phase.DECODE) {
      decodeSequences++;
      decodeTokens = tokens;
    } else if (context > 0 && count > 0) {
      contextSequenceCount++;
      longestContext = Math.max(longestContext, context);
      contextPiece = contextPiece();
    }
    return sequence;
  }

  /** An equal share of a pass; whole blocks, if it is that long. */
  private int contextPiece() {
    int share = limits.contextTokens() / contextSequenceCount;
    return share < limits.blockSize() ? share : share - share % limits.blockSize();
  }

  /**
   * Returns how many context passes the step needs.
   *
   * @return 0 if no prefill sequence has a context
   */
  public int contextPasses() {
    return longestContext == 0 ? 0 : Math.ceilDiv(longestContext, contextPiece);
  }

  /**
   * Opens a context pass, in place of the one that is open.
   *
   * @param pass from 0 on
   * @throws InvalidInputException if there is no such pass
   */
  public void openContextPass(int pass) {
    if (pass < 0 || pass >= contextPasses()) {
      throw invalid("context pass " + pass + " of " + contextPasses());
    }
    contextPass = pass;
    contextRows = 0;
    for (int sequence = 0; sequence < sequences; sequence++) {
      int context = sequenceLength(sequence) - queryLength(sequence);
      boolean has = sequence >= decodeSequences && queryLength(sequence) > 0;
      long start = Math.min((long) pass * contextPiece, context);
      int count = has ? (int) Math.min(contextPiece, context - start) : 0;
      contextStarts.setAtIndex(ValueLayout.JAVA_INT, sequence, (int) start);
      contextRowStarts.setAtIndex(ValueLayout.JAVA_INT, sequence, contextRows);
      for (int i = 0; i < count; i++) {
        contextSequences.setAtIndex(ValueLayout.JAVA_INT, contextRows++, sequence);
      }
    }
    contextRowStarts.setAtIndex(ValueLayout.JAVA_INT, sequences, contextRows);
  }

  /** Closes the open context pass: there are no context rows until another is opened. */
  public void closeContextPass() {
    contextPass = -1;
    contextRows = 0;
  }

  /**
   * Asks for the logits of the newest token of the sequence added last, and says how to sample
   * them.
   *
   * @param how how to sample
   * @param draw a uniform number of [0, 1) that decides the draw
   * @return the logit row
   */
  public int wantLastLogits(Sampling how, double draw) {
    if (sequences == 0 || queryLength(sequences - 1) == 0) {
      throw invalid("logits wanted of a sequence without new tokens");
    }
    return wantLogits(tokens - 1, how, draw);
  }

  /** Asks for the logits of every token of the sequence added last, sampled greedily. */
  public void wantAllLogits() {
    if (sequences == 0) {
      throw invalid("logits wanted before a sequence was added");
    }
    for (int token = queryStart(sequences - 1); token < tokens; token++) {
      wantLogits(token, Sampling.GREEDY, 0);
    }
  }

  private int wantLogits(int token, Sampling how, double draw) {
    if (!(draw >= 0 && draw < 1)) {
      throw invalid("draw " + draw + "; expected a number of [0, 1)");
    }
    if (logits == limits.maxLogitRows()) {
      throw invalid("more than maxLogitRows = " + limits.maxLogitRows() + " logit rows wanted");
    }
    logitRows.setAtIndex(ValueLayout.JAVA_INT, logits, token);
    sampling[logits] = how;
    draws[logits] = draw;
    return logits++;
  }

  /**
   * Makes a token a padding token: its cache row is not written.
   *
   * @param token index in the step
   * @throws InvalidInputException if there is no such token
   */
  public void skipSlot(int token) {
    if (token < 0 || token >= tokens) {
      throw invalid("token " + token + " of " + tokens + " to skip the slot of");
    }
    slots.setAtIndex(ValueLayout.JAVA_LONG, token, NO_SLOT);
  }

  /**
   * Has a cache block copied before anything else of this step happens, in every layer. Copies run
   * one after another in the order in which they are added. A plan without {@code copy_blocks}
   * refuses such a step.
   *
   * @param from the block that is read
   * @param to the block that is written
   * @throws InvalidInputException if a block does not exist or is block 0, both are one, or there
   *     are more copies than blocks
   */
  public void copyBlock(int from, int to) {
    int last = limits.blocks() - 1;
    if (from < 1 || from > last || to < 1 || to > last || from == to) {
      throw invalid(
          "copy of block "
              + from
              + " to block "
              + to
              + "; expected two different blocks of 1 to "
              + last);
    }
    if (blockCopies == limits.blocks()) {
      throw invalid("more block copies than blocks = " + limits.blocks());
    }
    copiedBlocks.setAtIndex(ValueLayout.JAVA_INT, 2L * blockCopies, from);
    copiedBlocks.setAtIndex(ValueLayout.JAVA_INT, 2L * blockCopies + 1, to);
    blockCopies++;
  }

  /**
   * Returns the block that a copy reads.
   *
   * @param copy index of the copy
   * @return the block
   */
  public int copySource(int copy) {
    return copiedBlocks.getAtIndex(
        ValueLayout.JAVA_INT, 2L * Objects.checkIndex(copy, blockCopies));
  }

  /**
   * Returns the block that a copy writes.
   *
   * @param copy index of the copy
   * @return the block
   */
  public int copyTarget(int copy) {
    return copiedBlocks.getAtIndex(
        ValueLayout.JAVA_INT, 2L * Objects.checkIndex(copy, blockCopies) + 1);
  }

  /**
   * Drops the slot mapping: nothing is written to a cache in this step; rope is applied all the
   * same.
   */
  public void omitSlotMapping() {
    slotMapping = false;
  }

  /**
   * Empties the description and makes it a profiling step: tokens without sequences. Attention
   * writes zeros, caches are neither read nor written, everything else runs.
   *
   * @param count number of tokens, all with id 0 at position 0
   */
  public void profile(int count) {
    clear();
    if (count < 0 || count > limits.maxTokens()) {
      throw invalid(count + " tokens to profile; expected 0 to maxTokens = " + limits.maxTokens());
    }
    profiling = true;
    slotMapping = false;
    for (int token = 0; token < count; token++) {
      tokenIds.setAtIndex(ValueLayout.JAVA_INT, token, 0);
      positions.setAtIndex(ValueLayout.JAVA_LONG, token, 0);
      slots.setAtIndex(ValueLayout.JAVA_LONG, token, NO_SLOT);
      tokenSequences.setAtIndex(ValueLayout.JAVA_INT, token, -1);
    }
    tokens = count;
  }

  /**
   * Returns a number that changes whenever the description is cleared.
   *
   * @return the number of this step
   */
  public long number() {
    return number;
  }

  /**
   * Returns the limits.
   *
   * @return the largest step this can hold
   */
  public StepLimits limits() {
    return limits;
  }

  /**
   * Returns the number of tokens.
   *
   * @return decode and prefill tokens together
   */
  public int tokens() {
    return tokens;
  }

  /**
   * Returns the number of sequences.
   *
   * @return decode and prefill sequences together
   */
  public int sequences() {
    return sequences;
  }

  /**
   * Returns the number of decode sequences; they come first.
   *
   * @return between 0 and {@link #sequences()}
   */
  public int decodeSequences() {
    return decodeSequences;
  }

  /**
   * Returns how many rows there are of a kind.
   *
   * @param rows the kind
   * @return live rows in this step
   */
  public int count(Rows rows) {
    return switch (rows) {
      case ALL -> tokens;
      case DECODE -> decodeTokens;
      case PREFILL -> tokens - decodeTokens;
      case LOGITS -> logits;
      case CONTEXT -> contextRows;
      case BLOCK_COPIES -> blockCopies;
    };
  }

  /**
   * Returns the token of the first row of a kind.
   *
   * @param rows ALL, DECODE or PREFILL
   * @return the index of the token
   */
  public int firstToken(Rows rows) {
    return switch (rows) {
      case ALL, DECODE -> 0;
      case PREFILL -> decodeTokens;
      case LOGITS, CONTEXT, BLOCK_COPIES -> throw invalid(rows + " rows are not a range of tokens");
    };
  }

  /**
   * Tells whether cache rows are to be written.
   *
   * @return false when the slot mapping was dropped: then no slot may be read
   */
  public boolean hasSlotMapping() {
    return slotMapping;
  }

  /**
   * Tells whether this is a profiling step.
   *
   * @return true if tokens have no sequences: attention writes zeros
   */
  public boolean isProfiling() {
    return profiling;
  }

  /**
   * Returns the id of a token.
   *
   * @param token index in the step
   * @return the id
   */
  public int tokenId(int token) {
    return tokenIds.getAtIndex(ValueLayout.JAVA_INT, token);
  }

  /**
   * Returns the position of a token in its sequence.
   *
   * @param token index in the step
   * @return 0 for the first token of a sequence
   */
  public int position(int token) {
    return (int) positions.getAtIndex(ValueLayout.JAVA_LONG, token);
  }

  /**
   * Returns where a token's cache row goes.
   *
   * @param token index in the step
   * @return block times block size plus offset; negative for a padding token, whose row is not
   *     written
   */
  public long slot(int token) {
    return slots.getAtIndex(ValueLayout.JAVA_LONG, token);
  }

  /**
   * Returns the sequence of a token.
   *
   * @param token index in the step
   * @return index of its sequence in the step
   */
  public int sequenceOf(int token) {
    return tokenSequences.getAtIndex(ValueLayout.JAVA_INT, token);
  }

  /**
   * Returns the first token of a sequence.
   *
   * @param sequence index in the step; {@link #sequences()} gives the end of the last
   * @return index of a token in the step
   */
  public int queryStart(int sequence) {
    return queryStarts.getAtIndex(ValueLayout.JAVA_INT, sequence);
  }

  /**
   * Returns how many new tokens a sequence has.
   *
   * @param sequence index in the step
   * @return tokens in this step
   */
  public int queryLength(int sequence) {
    return queryStart(sequence + 1) - queryStart(sequence);
  }

  /**
   * Returns the length of a sequence.
   *
   * @param sequence index in the step
   * @return tokens, context and new ones together
   */
  public int sequenceLength(int sequence) {
    return sequenceLengths.getAtIndex(ValueLayout.JAVA_INT, sequence);
  }

  /**
   * Returns a cache block of a sequence. Entries beyond its length are not to be read.
   *
   * @param sequence index in the step
   * @param index position divided by the block size
   * @return the block
   */
  public int block(int sequence, int index) {
    return blockTables.getAtIndex(
        ValueLayout.JAVA_INT, (long) sequence * limits.blocksPerSequence() + index);
  }

  /**
   * Returns the open context pass.
   *
   * @return from 0 on; -1 if none is open
   */
  public int contextPass() {
    return contextPass;
  }

  /**
   * Returns the position from which the open context pass takes up a sequence.
   *
   * @param sequence index in the step
   * @return a position; meaningless if the pass has no rows of the sequence
   */
  public int contextStart(int sequence) {
    return contextStarts.getAtIndex(ValueLayout.JAVA_INT, sequence);
  }

  /**
   * Returns the first row of a sequence in the open context pass.
   *
   * @param sequence index in the step; {@link #sequences()} gives the end of the last
   * @return a row of kind CONTEXT
   */
  public int contextRowStart(int sequence) {
    return contextRowStarts.getAtIndex(ValueLayout.JAVA_INT, sequence);
  }

  /**
   * Returns how many rows of a sequence the open context pass has.
   *
   * @param sequence index in the step
   * @return 0 for decode sequences, those without context, and those whose context ended in an
   *     earlier pass
   */
  public int contextLength(int sequence) {
    return contextRowStart(sequence + 1) - contextRowStart(sequence);
  }

  /**
   * Returns the sequence of a context row.
   *
   * @param row a row of kind CONTEXT
   * @return index of its sequence in the step
   */
  public int contextSequence(int row) {
    return contextSequences.getAtIndex(ValueLayout.JAVA_INT, row);
  }

  /**
   * Returns the position of a context row in its sequence.
   *
   * @param row a row of kind CONTEXT
   * @return a position below the first new token's
   */
  public int contextPosition(int row) {
    int sequence = contextSequence(row);
    return contextStart(sequence) + row - contextRowStart(sequence);
  }

  /**
   * Returns the token whose logits a row holds.
   *
   * @param row a row of kind LOGITS
   * @return index of the token in the step
   */
  public int logitToken(int row) {
    return logitRows.getAtIndex(ValueLayout.JAVA_INT, row);
  }

  /**
   * Returns how a row of logits is sampled.
   *
   * @param row a row of kind LOGITS
   * @return the parameters
   */
  public Sampling sampling(int row) {
    return sampling[row];
  }

  /**
   * Returns the uniform number that decides the draw of a row.
   *
   * @param row a row of kind LOGITS
   * @return a number of [0, 1)
   */
  public double draw(int row) {
    return draws[row];
  }

  /**
   * Returns all token ids.
   *
   * @return int32 {@code [maxTokens]}
   */
  public MemorySegment tokenIds() {
    return tokenIds;
  }

  /**
   * Returns all positions.
   *
   * @return int64 {@code [maxTokens]}
   */
  public MemorySegment positions() {
    return positions;
  }

  /**
   * Returns all slots.
   *
   * @return int64 {@code [maxTokens]}
   */
  public MemorySegment slots() {
    return slots;
  }

  /**
   * Returns the sequence of each token.
   *
   * @return int32 {@code [maxTokens]}; -1 in a profiling step
   */
  public MemorySegment tokenSequences() {
    return tokenSequences;
  }

  /**
   * Returns the first token of each sequence, then the end of the last.
   *
   * @return int32 {@code [maxSequences + 1]}
   */
  public MemorySegment queryStarts() {
    return queryStarts;
  }

  /**
   * Returns the length of each sequence.
   *
   * @return int32 {@code [maxSequences]}
   */
  public MemorySegment sequenceLengths() {
    return sequenceLengths;
  }

  /**
   * Returns all block tables.
   *
   * @return int32 {@code [maxSequences, blocksPerSequence]}
   */
  public MemorySegment blockTables() {
    return blockTables;
  }

  /**
   * Returns the token of each logit row.
   *
   * @return int32 {@code [maxLogitRows]}
   */
  public MemorySegment logitTokens() {
    return logitRows;
  }

  /**
   * Returns where the open context pass starts in each sequence.
   *
   * @return int32 {@code [maxSequences]}
   */
  public MemorySegment contextStarts() {
    return contextStarts;
  }

  /**
   * Returns the first context row of each sequence in the open pass, then the end of the last.
   *
   * @return int32 {@code [maxSequences + 1]}
   */
  public MemorySegment contextRowStarts() {
    return contextRowStarts;
  }

  /**
   * Returns the sequence of each context row of the open pass.
   *
   * @return int32 {@code [contextTokens]}
   */
  public MemorySegment contextSequences() {
    return contextSequences;
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw invalid(problem);
    }
  }

  private static InvalidInputException invalid(String problem) {
    return new InvalidInputException(ErrorCode.INVALID_STEP, "Step description: " + problem + ".");
  }
}
