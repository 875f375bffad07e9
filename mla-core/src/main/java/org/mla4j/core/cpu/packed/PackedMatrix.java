package org.mla4j.core.cpu.packed;

import java.lang.foreign.MemorySegment;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Matrices of weights, one for each section, packed in groups of sixteen rows whose columns lie
 * side by side. Sections begin with a group: a last group that is not full is filled with zeros, as
 * are columns up to {@link #paddedColumns}.
 *
 * <p>Threading: safe to read from several threads.
 */
public final class PackedMatrix {
  /** Rows in a group. */
  public static final int GROUP = 16;

  /** Floats of which {@link #multiply} takes the sums. */
  public static final int SUMMED = 16;

  private final PackedFormat format;
  private final GroupProduct product;
  private final GroupWidening widening;
  private final MemorySegment groups;
  private final int sections;
  private final int rows;
  private final int columns;
  private final int blocks;
  private final long groupBytes;

  PackedMatrix(PackedFormat format, int sections, int rows, int columns, MemorySegment groups) {
    this.format = format;
    product = format.product();
    widening = format.widening();
    this.groups = groups;
    this.sections = sections;
    this.rows = rows;
    this.columns = columns;
    blocks = blocks(format, columns);
    groupBytes = format.layout().bytes(blocks);
  }

  /** Blocks that so many columns fill. */
  private static int blocks(PackedFormat format, int columns) {
    int multiple = format.layout().multiple();
    return Math.ceilDiv(columns, multiple * format.layout().columns()) * multiple;
  }

  /** Bytes that matrices take. */
  static long bytes(PackedFormat format, int sections, int rows, int columns) {
    long groupBytes = format.layout().bytes(blocks(format, columns));
    return sections * (long) Math.ceilDiv(rows, GROUP) * groupBytes;
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
    long at = groupAt(section, group);
    int count = paddedColumns();
    for (int lane = 0; lane < GROUP; lane += Lanes.COUNT) {
      product.multiply(groups, at, lane, count, x, xAt, sums, sumsAt, out, outAt);
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
      long at = groupAt(section, firstGroup + i);
      long to = panelAt + 4L * GROUP * i;
      for (int lane = 0; lane < GROUP; lane += Lanes.COUNT) {
        widening.widen(groups, at, lane, first, count, panel, to);
      }
    }
  }

  private long groupAt(int section, int group) {
    return ((long) section * groups() + group) * groupBytes;
  }

  // For those who fill it.

  PackedFormat format() {
    return format;
  }

  int sections() {
    return sections;
  }

  MemorySegment memory() {
    return groups;
  }

  long groupBytes() {
    return groupBytes;
  }
}
