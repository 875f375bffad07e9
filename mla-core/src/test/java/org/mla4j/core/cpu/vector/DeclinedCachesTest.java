package org.mla4j.core.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheLayout.Arrangement;
import org.mla4j.api.spec.CacheLayout.RopeOrder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;

@DisplayName("Caches that vector kernels leave to the scalar ones")
class DeclinedCachesTest {
  private static Support support(CacheSpec spec, CacheLayout layout) {
    StepValue query = StepValue.buffer("q", DType.F32, Rows.DECODE, 2, 512);
    StepValue rope = StepValue.buffer("q_pe", DType.F32, Rows.DECODE, 2, 64);
    StepValue out = StepValue.buffer("out", DType.F32, Rows.DECODE, 2, 512);
    CacheValue cache = new CacheValue("kv", "layer", spec, layout);
    return new VectorKernels().supports(new MlaDecodeAttention(query, rope, cache, 1, out, null));
  }

  @Test
  void areThoseWhoseRowsDoNotLieInOnePlace() {
    CacheSpec spec = CacheSpec.mla(512, 64, DType.BF16);
    assertEquals(Support.yes(), support(spec, CacheLayout.ROW_MAJOR));
    assertEquals(
        Support.no("cache 'kv' lies as 'split'; expected 'rows'"),
        support(spec, new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0)));
    assertEquals(
        Support.no("cache 'kv' lies as 'nz, deinterleaved, kernel blocks of 4'; expected 'rows'"),
        support(spec, new CacheLayout(Arrangement.NZ, RopeOrder.DEINTERLEAVED, 4)));
  }

  @Test
  void areThoseWhoseRowsAreBytes() {
    CacheSpec spec =
        new CacheSpec(
            CacheSpec.mla(512, 64, DType.F8_E4M3).parts(),
            DType.F8_E4M3,
            1,
            CacheSpec.Format.FP8_DS_MLA);
    assertEquals(
        Support.no("cache 'kv' has rows of format FP8_DS_MLA; expected CELLS"),
        support(spec, CacheLayout.ROW_MAJOR));
  }

  @Test
  void areNeitherWrittenNorGathered() {
    CacheLayout split = new CacheLayout(Arrangement.SPLIT, RopeOrder.AS_ROTATED, 0);
    CacheValue cache = new CacheValue("kv", "layer", CacheSpec.mla(512, 64, DType.BF16), split);
    Support declined = Support.no("cache 'kv' lies as 'split'; expected 'rows'");
    StepValue latent = StepValue.buffer("kv_c", DType.F32, Rows.ALL, 512);
    StepValue rope = StepValue.buffer("k_pe", DType.F32, Rows.ALL, 64);
    StepValue rows = StepValue.buffer("rows", DType.F32, Rows.CONTEXT, 576);
    VectorKernels kernels = new VectorKernels();
    assertEquals(declined, kernels.supports(new ConcatAndCacheMla(latent, rope, cache)));
    assertEquals(declined, kernels.supports(new GatherCache(cache, rows)));
  }
}
