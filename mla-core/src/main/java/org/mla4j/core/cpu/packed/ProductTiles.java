package org.mla4j.core.cpu.packed;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.mla4j.core.cpu.vector.Lanes;

/**
 * Tiles of one to six rows. Sums of all rows and of some vectors of outputs stay in registers: 24
 * of 32 with vectors of 512 bits, else 12 of 16.
 */
public final class ProductTiles {
  /** The most rows of a tile. */
  public static final int ROWS = 6;

  private static final int VECTORS = Lanes.COUNT == 16 ? 4 : 2;

  /** Passes over a panel: each makes so many vectors of outputs. */
  private static final int PASSES = Panel.OUTPUTS / (VECTORS * Lanes.COUNT);

  private static final ProductTile[] TILES = new ProductTile[ROWS + 1];

  static {
    Arrays.setAll(TILES, rows -> rows == 0 ? null : make(rows));
  }

  private ProductTiles() {}

  /**
   * Returns the tile for so many rows.
   *
   * @param rows 1 to {@link #ROWS}
   * @return the tile
   */
  public static ProductTile of(int rows) {
    return TILES[rows];
  }

  private static ProductTile make(int rows) {
    ClassDesc segment = VectorCode.desc(MemorySegment.class);
    MethodTypeDesc type =
        MethodTypeDesc.of(
            CD_void, segment, CD_long, segment, CD_long, CD_int, segment, CD_long);
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
    int pass = code.newInt();
    int from = code.newLong();
    int to = code.newLong();
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
          plain.lload(from).ladd().lstore(columnAt);
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
    Runnable onePass =
        () -> {
          plain.lload(panelAt).lstore(from);
          plain.lload(outAt).lstore(to);
          if (PASSES > 1) {
            for (int address : new int[] {from, to}) {
              plain.iload(pass).i2l().loadConstant(VECTORS * Lanes.BYTES).lmul();
              plain.lload(address).ladd().lstore(address);
            }
          }
          for (int[] ofRow : sums) {
            for (int sum : ofRow) {
              code.zero().set(sum);
            }
          }
          code.loop(column, 0, () -> plain.iload(columns), 1, multiplyColumn);
          for (int row = 0; row < rows; row++) {
            for (int v = 0; v < VECTORS; v++) {
              code.get(sums[row][v]).storeFloats(out, to, row * Panel.STRIDE + v * Lanes.BYTES);
            }
          }
        };
    if (PASSES == 1) {
      onePass.run();
    } else {
      code.loop(pass, 0, () -> plain.loadConstant(PASSES), 1, onePass);
    }
    plain.return_();
  }
}
