package org.mla4j.core.planner;

import java.util.Optional;
import java.util.Set;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.GqaAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.core.options.OpChoice;
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
          MlaDecompressedAttention.TYPE,
          MlaPreprocess.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE);

  private final Candidates candidates;
  private final OpChoice ops;
  private final int blockSize;

  /**
   * @param candidates the backends in the order in which they are asked, {@code cpu} last
   * @param ops what the user's op list leaves of them
   * @param blockSize tokens per block of the allocator
   */
  LayoutSelection(Candidates candidates, OpChoice ops, int blockSize) {
    this.candidates = candidates;
    this.ops = ops;
    this.blockSize = blockSize;
  }

  CacheLayout of(CacheSpec spec) {
    OpenBackend last = candidates.all().getLast();
    for (OpenBackend candidate : candidates.all()) {
      if (hasASay(candidate)) {
        for (CacheLayout layout : candidate.backend().cacheLayouts()) {
          if (layout.problem(spec, blockSize).isEmpty() && last.backend().takesLayout(layout)) {
            return layout;
          }
        }
      }
    }
    return CacheLayout.ROW_MAJOR;
  }

  /** Whoever cannot come to touch a cache has no say in how it lies. */
  private boolean hasASay(OpenBackend candidate) {
    return candidate.problem().isEmpty() && (takesLayers(candidate) || touchesCaches(candidate));
  }

  private boolean takesLayers(OpenBackend candidate) {
    Optional<String> pinned = ops.layerBackend();
    boolean asked =
        pinned.isPresent()
            ? candidate.name().equals(pinned.get())
            : candidates.mayBeAsked(candidate, pinned);
    return asked && candidate.backend().layers().contains(MultiHeadLatentAttention.TYPE);
  }

  private boolean touchesCaches(OpenBackend candidate) {
    return CACHE_OPS.stream()
        .anyMatch(type ->
            candidates.having(type).contains(candidate)
                && candidates.listRefusal(candidate, type).isEmpty());
  }
}
