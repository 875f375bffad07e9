package org.mla4j.core.cpu.packed;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Tiles of one to six rows. Sums of all rows and of some vectors of outputs stay in registers: 24
 * of 32 with vectors of 512 bits, else 12 of 16.
 */
public final class ProductTiles {
  /** The most rows of a tile. */
  public static final int ROWS = 6;

  private static final int VECTORS = Lanes.COUNT == 16 ? 4 : 2;

  /** Outputs that a tile makes: a panel takes as many calls as it has those. */
  static final int OUTPUTS = VECTORS * Lanes.COUNT;

  private static final ProductTile[] TILES = new ProductTile[ROWS + 1];

  static {
    Arrays.setAll(TILES, rows -> rows == 0 ? null : make(rows));
  }

  private ProductTiles() {}

  /** The tile for 1 to {@link #ROWS} rows. */
  static ProductTile of(int rows) {
    return TILES[rows];
  }

  /**
   * Multiplies rows by a panel: element {@code c} of output row {@code r} is the sum over all
   * columns {@code k} of {@code x[k][r] * panel[k][c]}, from the first one to the last, product and
   * sum rounded once.
   *
   * @param rows how many, 1 to {@link #ROWS}
   * @param x the rows, column by column
   * @param xAt where they start
   * @param panel the panel
   * @param panelAt where its first column starts
   * @param columns how many
   * @param out takes the sums, one output row behind the other, {@link Panel#STRIDE} bytes each
   * @param outAt where the first output row starts
   */
  public static void multiply(
      int rows,
      MemorySegment x,
      long xAt,
      MemorySegment panel,
      long panelAt,
      int columns,
      MemorySegment out,
      long outAt) {
    ProductTile tile = TILES[rows];
    for (long shift = 0; shift < Panel.STRIDE; shift += 4L * OUTPUTS) {
      tile.multiply(x, xAt, panel, panelAt + shift, columns, out, outAt + shift);
    }
  }

  private static ProductTile make(int rows) {
    ClassDesc segment = VectorCode.desc(MemorySegment.class);
    MethodTypeDesc type =
        MethodTypeDesc.of(CD_void, segment, CD_long, segment, CD_long, CD_int, segment, CD_long);
    return KernelClass.make(ProductTile.class, "multiply", type, code -> write(code, rows));
  }

  private static void write(VectorCode code, int rows) {
    CodeBuilder plain = code.plain();
    int x = plain.parameterSlot(0);
    int xAt = plain.parameterSlot(1);
    int panel = plain.parameterSlot(2);
    int panelAt = plain.parameterSlot(3);
    int columns = plain.parameterSlot(4);
    int out = plain.parameterSlot(5);
    int outAt = plain.parameterSlot(6);
    int column = code.newInt();
    int columnAt = code.newLong();
    int factorAt = code.newLong();
    int factor = code.newVector();
    int[][] sums = new int[rows][VECTORS];
    int[] weights = new int[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      weights[v] = code.newVector();
      for (int row = 0; row < rows; row++) {
        sums[row][v] = code.newVector();
      }
    }
    Runnable multiplyColumn =
        () -> {
          plain.iload(column).i2l().loadConstant((long) Panel.STRIDE).lmul();
          plain.lload(panelAt).ladd().lstore(columnAt);
          plain.iload(column).i2l().loadConstant(4L * rows).lmul();
          plain.lload(xAt).ladd().lstore(factorAt);
          for (int v = 0; v < VECTORS; v++) {
            code.loadFloats(panel, columnAt, v * Lanes.BYTES).set(weights[v]);
          }
          for (int row = 0; row < rows; row++) {
            code.broadcast(x, factorAt, 4L * row).set(factor);
            for (int v = 0; v < VECTORS; v++) {
              code.get(weights[v]).get(factor).get(sums[row][v]).fma().set(sums[row][v]);
            }
          }
        };
    for (int[] ofRow : sums) {
      for (int sum : ofRow) {
        code.zero().set(sum);
      }
    }
    code.loop(column, 0, () -> plain.iload(columns), 1, multiplyColumn);
    for (int row = 0; row < rows; row++) {
      for (int v = 0; v < VECTORS; v++) {
        code.get(sums[row][v]).storeFloats(out, outAt, (long) row * Panel.STRIDE + v * Lanes.BYTES);
      }
    }
    plain.return_();
  }
}
