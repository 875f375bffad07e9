package org.mla4j.core.cpu.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.testing.OpTestBench;
import org.mla4j.core.testing.RandomData;

@DisplayName("Copies of values and of cache blocks")
class ScalarCopyTest {
  private final ScalarKernels kernels = new ScalarKernels();

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void copyBetweenDifferentStrides(DType dtype) {
    try (OpTestBench bench = OpTestBench.tokens(6).prefillStep(5)) {
      StepValue from = StepValue.buffer("from", dtype, Rows.ALL, 3, 8).narrow("f", -1, 2, 4);
      StepValue to = StepValue.buffer("to", dtype, Rows.ALL, 20).narrow("part", -1, 5, 12);
      StepValue heads = StepValue.buffer("heads", dtype, Rows.ALL, 3, 5).narrow("h", -1, 1, 4);
      bench.fill(from, new RandomData(1).normal(5 * 12));
      bench.run(kernels, new CopyTo(from, heads));
      assertArrayEquals(bench.read(from), bench.read(heads));

      StepValue dense = StepValue.buffer("dense", dtype, Rows.ALL, 12);
      bench.fill(dense, new RandomData(2).normal(5 * 12));
      bench.run(kernels, new CopyTo(dense, to));
      assertArrayEquals(bench.read(dense), bench.read(to));
    }
  }

  @Test
  void copyOfLiveRowsOfAKind() {
    try (OpTestBench bench = OpTestBench.tokens(6)) {
      bench.add(Phase.DECODE, 4, 2, 1);
      bench.add(Phase.PREFILL, 0, 3, 2);
      StepValue all = StepValue.buffer("all", DType.I32, Rows.ALL, 2);
      bench.fillInts(all, 0, 1, 10, 11, 20, 21, 30, 31, 40, 41);
      StepValue prefill = StepValue.buffer("prefill", DType.I32, Rows.PREFILL, 2);
      bench.run(kernels, new CopyTo(all.only(Rows.PREFILL), prefill));
      assertArrayEquals(new int[] {20, 21, 30, 31, 40, 41}, bench.readInts(prefill));
    }
  }

  @Test
  void copyOfOtherShapesTypesOrRowsIsDeclined() {
    StepValue from = StepValue.buffer("from", DType.F32, Rows.ALL, 4);
    assertEquals(
        Support.no(
            "from is from F32 ALL x [4], to is to BF16 ALL x [4]; expected one type and row"
                + " shape"),
        kernels.supports(new CopyTo(from, StepValue.buffer("to", DType.BF16, Rows.ALL, 4))));
    assertEquals(
        Support.no(
            "from is from F32 ALL x [4], to is to F32 ALL x [2, 2]; expected one type and"
                + " row shape"),
        kernels.supports(new CopyTo(from, StepValue.buffer("to", DType.F32, Rows.ALL, 2, 2))));
    assertEquals(
        Support.no("rows differ: from ALL, to DECODE; expected one kind"),
        kernels.supports(new CopyTo(from, StepValue.buffer("to", DType.F32, Rows.DECODE, 4))));
  }

  static Stream<CacheLayout> layouts() {
    return Stream.of(Arrangement.values())
        .flatMap(arrangement ->
            Stream.of(0, 4, 16)
                .map(size -> new CacheLayout(arrangement, RopeOrder.AS_ROTATED, size)));
  }

  /** Copies on: block 5 gets what block 2 had before it got that of block 7. */
  @ParameterizedTest
  @MethodSource("layouts")
  void blocksAreCopiedInTheirOrder(CacheLayout layout) {
    CacheValue cache =
        new CacheValue("cache", "layer", CacheSpec.mla(32, 16, DType.F8_E4M3), layout);
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      int tensors = layout.tensors(cache.spec());
      byte[][] before = new byte[tensors][];
      for (int i = 0; i < tensors; i++) {
        var tensor = bench.cache(cache, i);
        byte[] bytes = new byte[Math.toIntExact(tensor.shape().elements())];
        for (int b = 0; b < bytes.length; b++) {
          bytes[b] = (byte) new RandomData(31L * b + i).below(120);
          tensor.segment().set(ValueLayout.JAVA_BYTE, tensor.byteOffset() + b, bytes[b]);
        }
        before[i] = bytes;
      }
      bench.step().copyBlock(2, 5);
      bench.step().copyBlock(7, 2);
      bench.step().copyBlock(2, 9);
      bench.run(kernels, new CopyBlocks(cache));
      for (int i = 0; i < tensors; i++) {
        byte[] after = bench.cacheBytes(cache, i);
        assertArrayEquals(block(before[i], 2), block(after, 5));
        assertArrayEquals(block(before[i], 7), block(after, 2));
        assertArrayEquals(block(before[i], 7), block(after, 9));
        assertArrayEquals(block(before[i], 7), block(after, 7));
        assertArrayEquals(block(before[i], 6), block(after, 6));
      }
    }
  }

  /** Of 64 blocks of the allocator, whatever kernels see. */
  private static byte[] block(byte[] bytes, int block) {
    int size = bytes.length / 64;
    return Arrays.copyOfRange(bytes, block * size, (block + 1) * size);
  }

  @Test
  void rowsOfBytesAreCopiedToo() {
    CacheSpec spec =
        new CacheSpec(
            CacheSpec.mla(512, 64, DType.F8_E4M3).parts(),
            DType.F8_E4M3,
            1,
            CacheSpec.Format.FP8_DS_MLA);
    CacheValue cache = new CacheValue("cache", "layer", spec);
    try (OpTestBench bench = OpTestBench.tokens(4)) {
      assertEquals(Shape.of(64, 16, 656), bench.cache(cache).shape());
      int firstCell = 3 * 16 * 656;
      bench.fillCache(cache, firstCell, new RandomData(1).normal(16 * 656));
      bench.step().copyBlock(3, 1);
      bench.run(kernels, new CopyBlocks(cache));
      assertArrayEquals(block(bench.cacheBytes(cache, 0), 3), block(bench.cacheBytes(cache, 0), 1));
    }
  }
}
