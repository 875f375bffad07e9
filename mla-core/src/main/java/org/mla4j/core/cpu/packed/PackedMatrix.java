package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Matrices of weights, one for each section, packed in groups of sixteen rows whose columns lie
 * side by side. Sections begin with a group: a last group that is not full is filled with zeros, as
 * are columns up to {@link #paddedColumns}.
 *
 * <p>Their memory is in pieces, so that each can be zeroed by the thread that fills it, while it is
 * in that thread's cache: fresh memory costs more time than packing.
 *
 * <p>Threading: safe to read from several threads.
 */
public final class PackedMatrix {
  /** Rows in a group. */
  public static final int GROUP = 16;

  /** Floats of which {@link #multiply} takes the sums. */
  public static final int SUMMED = 16;

  /** Bytes of a piece at most, unless a group is more. */
  private static final long PIECE_BYTES = 1 << 20;

  private final PackedFormat format;
  private final GroupProduct product;
  private final GroupWidening widening;
  private final @Nullable MemorySegment[] pieces;

  /** A piece has two to the power of this many groups. */
  private final int pieceShift;

  private final int sections;
  private final int rows;
  private final int columns;
  private final int blocks;
  private final long groupBytes;

  PackedMatrix(PackedFormat format, int sections, int rows, int columns) {
    this.format = format;
    product = format.product();
    widening = format.widening();
    this.sections = sections;
    this.rows = rows;
    this.columns = columns;
    blocks = blocks(format, columns);
    groupBytes = format.layout().bytes(blocks);
    int perPiece = Math.clamp(PIECE_BYTES / Math.max(1, groupBytes), 1, 1 << 20);
    pieceShift = 31 - Integer.numberOfLeadingZeros(perPiece);
    pieces = new MemorySegment[Math.ceilDiv(sections * groups(), 1 << pieceShift)];
  }

  /** Blocks that so many columns fill. */
  private static int blocks(PackedFormat format, int columns) {
    int multiple = format.layout().multiple();
    return Math.ceilDiv(columns, multiple * format.layout().columns()) * multiple;
  }

  /**
   * Returns the rows of a section.
   *
   * @return outputs
   */
  public int rows() {
    return rows;
  }

  /**
   * Returns the columns.
   *
   * @return inputs
   */
  public int columns() {
    return columns;
  }

  /**
   * Returns the columns with those that are filled with zeros.
   *
   * @return how many floats {@link #multiply} reads
   */
  public int paddedColumns() {
    return blocks * format.layout().columns();
  }

  /**
   * Returns the groups of a section.
   *
   * @return how many
   */
  public int groups() {
    return Math.ceilDiv(rows, GROUP);
  }

  /**
   * Tells whether {@link #multiply} reads sums.
   *
   * @return whether they have to be there
   */
  public boolean needsSums() {
    return format.needsSums();
  }

  /**
   * Multiplies a group by one row of floats.
   *
   * @param section which section
   * @param group which group of it
   * @param x the floats, zeros from {@link #columns} on
   * @param xAt index of the first one
   * @param sums of each {@link #SUMMED} floats their sum, if {@link #needsSums}
   * @param sumsAt index of the first sum
   * @param out takes sixteen floats
   * @param outAt where they go
   */
  public void multiply(
      int section,
      int group,
      float[] x,
      int xAt,
      float[] sums,
      int sumsAt,
      MemorySegment out,
      long outAt) {
    MemorySegment piece = memory(section, group);
    long at = groupAt(section, group);
    int count = paddedColumns();
    for (int lane = 0; lane < GROUP; lane += Lanes.COUNT) {
      product.multiply(piece, at, lane, count, x, xAt, sums, sumsAt, out, outAt);
    }
  }

  /**
   * Fills a panel.
   *
   * @param section which section
   * @param firstGroup the group whose rows become the first outputs; beyond the last group of the
   *     section outputs keep what was there
   * @param column the first column; a multiple of {@link Panel#COLUMNS}
   * @param panel takes the weights, to {@link #paddedColumns} at most
   * @param panelAt where the panel starts
   */
  public void widen(int section, int firstGroup, int column, MemorySegment panel, long panelAt) {
    int perBlock = format.layout().columns();
    int first = column / perBlock;
    int count = Math.min(Panel.COLUMNS / perBlock, blocks - first);
    int end = Math.min(Panel.GROUPS, groups() - firstGroup);
    for (int i = 0; i < end; i++) {
      MemorySegment piece = memory(section, firstGroup + i);
      long at = groupAt(section, firstGroup + i);
      long to = panelAt + 4L * GROUP * i;
      if (column % format.touchedColumns() == 0) {
        int touched = Math.min(format.touchedColumns() / perBlock, blocks - first);
        long from = at + format.layout().bytes(first);
        GroupTouch.KERNEL.touch(piece, from, format.layout().bytes(touched), panel, to);
      }
      for (int lane = 0; lane < GROUP; lane += Lanes.COUNT) {
        widening.widen(piece, at, lane, first, count, panel, to);
      }
    }
  }

  // For those who fill it.

  PackedFormat format() {
    return format;
  }

  /** Pieces of memory; each is there after {@link #setMemory}. */
  int pieces() {
    return pieces.length;
  }

  /** Groups of a piece, but the last one, which may have fewer. */
  int groupsOfPiece() {
    return 1 << pieceShift;
  }

  /** The first group of a piece; groups are counted through all sections. */
  int firstGroup(int piece) {
    return Math.min(piece << pieceShift, sections * groups());
  }

  boolean hasMemory(int piece) {
    return pieces[piece] != null;
  }

  /** Bytes of a piece. */
  long pieceBytes(int piece) {
    return (firstGroup(piece + 1) - firstGroup(piece)) * groupBytes;
  }

  /** Gives a piece its memory, zeroed. */
  void setMemory(int piece, MemorySegment memory) {
    pieces[piece] = memory;
  }

  /** The piece that a group is in. */
  @SuppressWarnings("NullAway") // matrices are handed out when all pieces are filled
  MemorySegment memory(int section, int group) {
    return pieces[(section * groups() + group) >> pieceShift];
  }

  /** Where in its piece a group starts. */
  long groupAt(int section, int group) {
    return ((section * groups() + group) & ((1 << pieceShift) - 1)) * groupBytes;
  }
}
