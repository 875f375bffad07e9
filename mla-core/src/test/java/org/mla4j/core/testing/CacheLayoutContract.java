package org.mla4j.core.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.CacheValue;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.testing.MlaCase.Attended;

/**
 * Wherever the rows of a cache lie, what is written is where the layout says and what is computed
 * is the same. The bench proves that no other byte is written, and fills those with NaN.
 */
@DisplayName("Cache layouts")
public abstract class CacheLayoutContract {
  /** Sequences that end within blocks, at their ends, and in their first blocks. */
  private static final MlaCase EXAMPLE =
      new MlaCase(3, 12, 16, 10, 48, 16, DType.F32, List.of(1, 40, 16, 5));

  /** A complete set. */
  protected abstract KernelSet kernels();

  static Stream<CacheLayout> layouts() {
    return Stream.of(Arrangement.values())
        .flatMap(arrangement ->
            Stream.of(RopeOrder.values())
                .flatMap(order ->
                    Stream.of(0, 1, 4, 16).map(size -> new CacheLayout(arrangement, order, size))));
  }

  static Stream<Arguments> layoutsAndTypes() {
    return layouts()
        .flatMap(layout ->
            Stream.of(DType.F32, DType.BF16, DType.F16, DType.F8_E4M3)
                .map(dtype -> Arguments.of(layout, dtype)));
  }

  @ParameterizedTest
  @MethodSource("layoutsAndTypes")
  void decodeAndContextGiveTheBitsOfRows(CacheLayout layout, DType dtype) {
    try (OpTestBench bench = EXAMPLE.bench(2, 21)) {
      CacheValue rows = EXAMPLE.cache("rows", dtype, CacheLayout.ROW_MAJOR);
      CacheValue cache = EXAMPLE.cache("cache", dtype, layout);
      EXAMPLE.fillCache(kernels(), bench, rows);
      EXAMPLE.fillCache(kernels(), bench, cache);

      assertSameBits(
          EXAMPLE.decodeForm(kernels(), bench, rows),
          EXAMPLE.decodeForm(kernels(), bench, cache),
          "decode");
      assertSameBits(
          EXAMPLE.decodeLastTokens(kernels(), bench, rows),
          EXAMPLE.decodeLastTokens(kernels(), bench, cache),
          "last tokens");
      assertSameBits(
          EXAMPLE.extendForm(kernels(), bench, rows, 3),
          EXAMPLE.extendForm(kernels(), bench, cache, 3),
          "context");
    }
  }

  private static void assertSameBits(Attended expected, Attended actual, String what) {
    assertArrayEquals(expected.output(), actual.output(), what);
    assertArrayEquals(expected.logSumExp(), actual.logSumExp(), what);
  }

  @ParameterizedTest
  @MethodSource("layoutsAndTypes")
  void everyElementIsWhereTheLayoutSays(CacheLayout layout, DType dtype) {
    try (OpTestBench bench = EXAMPLE.bench(2)) {
      CacheValue rows = EXAMPLE.cache("rows", dtype, CacheLayout.ROW_MAJOR);
      CacheValue cache = EXAMPLE.cache("cache", dtype, layout);
      EXAMPLE.fillCache(kernels(), bench, rows);
      EXAMPLE.fillCache(kernels(), bench, cache);
      assertSameElements(bench, rows, cache);
    }
  }

  /** Row by row, poison in rows that hold no token included. */
  private static void assertSameElements(OpTestBench bench, CacheValue rows, CacheValue cache) {
    CacheSpec spec = cache.spec();
    int blockSize = bench.step().limits().blockSize();
    int slots = bench.step().limits().blocks() * blockSize;
    for (int part = 0; part < spec.parts().size(); part++) {
      Tensor expected = bench.cache(rows);
      Tensor actual = bench.cache(cache, cache.layout().tensors(spec) == 1 ? 0 : part);
      for (long slot = 0; slot < slots; slot++) {
        for (int i = 0; i < spec.parts().get(part).width(); i++) {
          long from = CacheLayout.ROW_MAJOR.cell(spec, part, slot, i, blockSize);
          long to = cache.layout().cell(spec, part, slot, i, blockSize);
          String where = "slot " + slot + ", part " + part + ", element " + i;
          assertArrayEquals(cell(expected, from), cell(actual, to), where);
        }
      }
    }
  }

  private static byte[] cell(Tensor tensor, long cell) {
    int bytes = tensor.dtype().byteSize();
    return tensor
        .segment()
        .asSlice(tensor.byteOffset() + cell * bytes, bytes)
        .toArray(ValueLayout.JAVA_BYTE);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void copiedBlocksHoldTheSameElements(CacheLayout layout) {
    try (OpTestBench bench = EXAMPLE.bench(1)) {
      CacheValue rows = EXAMPLE.cache("rows", DType.BF16, CacheLayout.ROW_MAJOR);
      CacheValue cache = EXAMPLE.cache("cache", DType.BF16, layout);
      EXAMPLE.fillCache(kernels(), bench, rows);
      EXAMPLE.fillCache(kernels(), bench, cache);
      bench.step().clear();
      bench.step().copyBlock(2, 7);
      bench.step().copyBlock(1, 2);
      bench.run(kernels(), new CopyBlocks(rows));
      bench.run(kernels(), new CopyBlocks(cache));
      assertSameElements(bench, rows, cache);
    }
  }
}
