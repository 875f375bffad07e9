package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.core.cpu.packed.ProductTiles;
import org.mla4j.core.testing.RandomData;

@DisplayName("Rows interleaved in tiles")
class TileInputTest {
  /** More columns than are interleaved at once, and zeros behind them. */
  private static final int WIDTH = 300;

  private static final int COLUMNS = 320;

  @ParameterizedTest(name = "{0} rows")
  @ValueSource(ints = {1, 5, 6, 7, 13, 48, 49, 511})
  @DisplayName("as few tiles as there can be, which differ by one row at most")
  void evenTiles(int rows) {
    int tiles = TileInput.tiles(rows);
    assertEquals((rows + ProductTiles.ROWS - 1) / ProductTiles.ROWS, tiles);
    int next = 0;
    for (int tile = 0; tile < tiles; tile++) {
      assertEquals(next, TileInput.first(tile, rows));
      int more = TileInput.rows(tile, rows) - rows / tiles;
      assertEquals(more > 0 ? 1 : 0, more, "rows of tile " + tile);
      next += TileInput.rows(tile, rows);
    }
    assertEquals(rows, next);
  }

  @ParameterizedTest(name = "{0} rows")
  @ValueSource(ints = {1, 7, 13})
  @DisplayName("an element is found at its column, then at its row in the tile")
  void interleave(int rows) {
    float[] values = new RandomData(1).normal(rows * WIDTH);
    Operand x = Operand.dense(WIDTH);
    x.place(MemorySegment.ofArray(values), 0);
    MemorySegment out = Arena.ofAuto().allocate(4L * rows * COLUMNS, 64);
    out.fill((byte) 1);
    for (int tile = 0; tile < TileInput.tiles(rows); tile++) {
      int first = TileInput.first(tile, rows);
      int count = TileInput.rows(tile, rows);
      long at = TileInput.at(tile, rows, COLUMNS);
      TileInput.interleave(x, 0, first, count, WIDTH, COLUMNS, out, at);
      for (int column = 0; column < COLUMNS; column++) {
        for (int row = 0; row < count; row++) {
          float expected = column < WIDTH ? values[(first + row) * WIDTH + column] : 0;
          long elementAt = at + 4L * (column * count + row);
          assertEquals(expected, out.get(ValueLayout.JAVA_FLOAT, elementAt));
        }
      }
    }
  }
}
