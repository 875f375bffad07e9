package org.mla4j.api.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mla4j.api.testing.Refusals.assertRefused;

import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec.Format;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;

class CacheLayoutTest {
  private static final int BLOCKS = 3;
  private static final int BLOCK_SIZE = 8;
  private static final CacheSpec SPEC = CacheSpec.mla(32, 16, DType.BF16);
  private static final CacheSpec DS_MLA =
      new CacheSpec(
          CacheSpec.mla(512, 64, DType.F8_E4M3).parts(), DType.F8_E4M3, 1, Format.FP8_DS_MLA);

  private static CacheLayout of(Arrangement arrangement, int kernelBlockSize) {
    return new CacheLayout(arrangement, RopeOrder.AS_ROTATED, kernelBlockSize);
  }

  static Stream<CacheLayout> all() {
    return Stream.of(Arrangement.values())
        .flatMap(arrangement ->
            Stream.of(RopeOrder.values())
                .flatMap(order ->
                    Stream.of(0, 2, 8).map(size -> new CacheLayout(arrangement, order, size))));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyElementHasACellOfItsOwnAndNoCellIsLeft(CacheLayout layout) {
    assertEquals("", layout.problem(SPEC, BLOCK_SIZE));
    int tensors = layout.tensors(SPEC);
    BitSet[] used = new BitSet[tensors];
    for (int i = 0; i < tensors; i++) {
      used[i] = new BitSet();
    }
    for (int part = 0; part < 2; part++) {
      BitSet cells = used[tensors == 1 ? 0 : part];
      for (long slot = 0; slot < BLOCKS * BLOCK_SIZE; slot++) {
        for (int i = 0; i < SPEC.parts().get(part).width(); i++) {
          int cell = Math.toIntExact(layout.cell(SPEC, part, slot, i, BLOCK_SIZE));
          assertEquals(
              false, cells.get(cell), "cell " + cell + " of part " + part + " taken twice");
          cells.set(cell);
        }
      }
    }
    for (int i = 0; i < tensors; i++) {
      assertEquals(layout.shape(SPEC, i, BLOCKS, BLOCK_SIZE).elements(), used[i].length());
      assertEquals(used[i].length(), used[i].cardinality());
    }
  }

  @Test
  void rowsLieOneAfterAnotherWithTheirPartsSideBySide() {
    CacheLayout layout = CacheLayout.ROW_MAJOR;
    assertEquals(1, layout.tensors(SPEC));
    assertEquals(Shape.of(3, 8, 48), layout.shape(SPEC, 0, BLOCKS, BLOCK_SIZE));
    assertEquals(0, layout.cell(SPEC, 0, 0, 0, BLOCK_SIZE));
    assertEquals(9 * 48 + 5, layout.cell(SPEC, 0, 9, 5, BLOCK_SIZE));
    assertEquals(9 * 48 + 32 + 5, layout.cell(SPEC, 1, 9, 5, BLOCK_SIZE));
  }

  @Test
  void splitPartsHaveATensorEach() {
    CacheLayout layout = of(Arrangement.SPLIT, 0);
    assertEquals(2, layout.tensors(SPEC));
    assertEquals(Shape.of(3, 8, 32), layout.shape(SPEC, 0, BLOCKS, BLOCK_SIZE));
    assertEquals(Shape.of(3, 8, 16), layout.shape(SPEC, 1, BLOCKS, BLOCK_SIZE));
    assertEquals(9 * 32 + 5, layout.cell(SPEC, 0, 9, 5, BLOCK_SIZE));
    assertEquals(9 * 16 + 5, layout.cell(SPEC, 1, 9, 5, BLOCK_SIZE));
  }

  /** In a page, element d of token s lies at (d / 16) * blockSize * 16 + s * 16 + d % 16. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "1, 0, 16",
    "0, 15, 15",
    "0, 16, 128",
    "7, 31, 255",
    "8, 0, 256",
    "9, 17, 401"
  })
  void tilesRunThroughTheTokensOfABlock(long slot, int element, long cell) {
    assertEquals(cell, of(Arrangement.NZ, 0).cell(SPEC, 0, slot, element, BLOCK_SIZE));
  }

  @Test
  void tilesAreShapedByTheKernelsBlocks() {
    assertEquals(Shape.of(3, 2, 8, 16), of(Arrangement.NZ, 0).shape(SPEC, 0, 3, 8));
    assertEquals(Shape.of(12, 2, 2, 16), of(Arrangement.NZ, 2).shape(SPEC, 0, 3, 8));
    assertEquals(Shape.of(12, 1, 2, 16), of(Arrangement.NZ, 2).shape(SPEC, 1, 3, 8));
    // Slot 11 is token 1 of kernel block 5, of two tiles of two tokens each.
    assertEquals(5 * 64 + 32 + 16 + 3, of(Arrangement.NZ, 2).cell(SPEC, 0, 11, 19, 8));
  }

  @Test
  void theKernelsBlocksAreTheAllocatorsUnlessSaidOtherwise() {
    assertEquals(8, CacheLayout.ROW_MAJOR.blockSize(8));
    assertEquals(4, of(Arrangement.ROWS, 4).blockSize(8));
    assertEquals(Shape.of(6, 4, 48), of(Arrangement.ROWS, 4).shape(SPEC, 0, 3, 8));
    assertEquals(
        CacheLayout.ROW_MAJOR.cell(SPEC, 1, 13, 2, 8),
        of(Arrangement.ROWS, 4).cell(SPEC, 1, 13, 2, 8));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 8", "2, 1", "3, 9", "14, 7", "15, 15"})
  void deinterleavedKeysHaveEvenElementsFirst(int element, int index) {
    CacheLayout layout = new CacheLayout(Arrangement.SPLIT, RopeOrder.DEINTERLEAVED, 0);
    assertEquals(3 * 16 + index, layout.cell(SPEC, 1, 3, element, BLOCK_SIZE));
    assertEquals(
        3 * 32 + element, layout.cell(SPEC, 0, 3, element, BLOCK_SIZE), "the latent is not");
  }

  @Test
  void kernelBlocksDivideTheAllocators() {
    assertEquals(
        "kernel blocks of 3 tokens do not divide the allocator's blocks of 8",
        of(Arrangement.ROWS, 3).problem(SPEC, 8));
    assertEquals(
        "kernel blocks of 16 tokens do not divide the allocator's blocks of 8",
        of(Arrangement.ROWS, 16).problem(SPEC, 8));
  }

  @Test
  void tilesNeedMultiplesOfTheirWidth() {
    assertEquals(
        "part 'rope' is 8 elements wide; NZ tiles need a multiple of 16",
        of(Arrangement.NZ, 0).problem(CacheSpec.mla(32, 8, DType.F32), 8));
    assertEquals("", of(Arrangement.SPLIT, 0).problem(CacheSpec.mla(32, 8, DType.F32), 8));
  }

  @Test
  void rowsOfBytesHaveOneLayout() {
    assertEquals("", CacheLayout.ROW_MAJOR.problem(DS_MLA, 8));
    for (CacheLayout layout :
        List.of(
            of(Arrangement.SPLIT, 0),
            of(Arrangement.ROWS, 4),
            new CacheLayout(Arrangement.ROWS, RopeOrder.DEINTERLEAVED, 0))) {
      assertEquals("rows of format fp8_ds_mla have one layout, rows", layout.problem(DS_MLA, 8));
    }
    assertEquals(Shape.of(3, 8, 656), CacheLayout.ROW_MAJOR.shape(DS_MLA, 0, 3, 8));
    assertEquals(5 * 656, CacheLayout.ROW_MAJOR.cell(DS_MLA, 0, 5, 0, 8));
  }

  @Test
  void blocksHaveNoNegativeSize() {
    assertRefused(
        "CacheLayout: kernelBlockSize = -1; expected 0 or more. [MLA-0301]",
        () -> of(Arrangement.ROWS, -1));
  }

  @Test
  void isWrittenInWords() {
    assertEquals("rows", CacheLayout.ROW_MAJOR.toString());
    assertEquals(
        "nz, deinterleaved, kernel blocks of 128",
        new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 128).toString());
  }
}
