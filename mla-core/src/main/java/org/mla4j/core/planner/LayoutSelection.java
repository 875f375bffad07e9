package org.mla4j.core.planner;

import java.util.List;
import java.util.Set;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.core.plan.OpenBackend;

/**
 * Decides how caches lie in memory: as the first backend prefers that touches caches, as far as
 * {@code cpu}, which runs what others decline, can work on that too.
 */
final class LayoutSelection {
  private static final Set<String> CACHE_OPS =
      Set.of(
          CompositeOp.MLA_ATTENTION,
          ConcatAndCacheMla.TYPE,
          CopyBlocks.TYPE,
          GatherCache.TYPE,
          GqaAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaPreprocess.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE);

  private final List<OpenBackend> candidates;
  private final int blockSize;

  /**
   * @param candidates the backends in the order in which they are asked, {@code cpu} last
   * @param blockSize tokens per block of the allocator
   */
  LayoutSelection(List<OpenBackend> candidates, int blockSize) {
    this.candidates = candidates;
    this.blockSize = blockSize;
  }

  CacheLayout of(CacheSpec spec) {
    for (OpenBackend candidate : candidates) {
      if (candidate.problem().isEmpty() && touchesCaches(candidate)) {
        for (CacheLayout layout : candidate.backend().cacheLayouts()) {
          if (layout.problem(spec, blockSize).isEmpty()
              && candidates.getLast().backend().takesLayout(layout)) {
            return layout;
          }
        }
      }
    }
    return CacheLayout.ROW_MAJOR;
  }

  private static boolean touchesCaches(OpenBackend candidate) {
    return candidate.backend().layers().contains(MultiHeadLatentAttention.TYPE)
        || candidate.backend().ops().stream().anyMatch(CACHE_OPS::contains);
  }
}
