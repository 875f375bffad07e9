package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.tensor.DType;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Rule;
import org.mla4j.tck.Rules;
import org.mla4j.tck.harness.Batch;
import org.mla4j.tck.harness.Numbers;
import org.mla4j.tck.harness.Trial;

/** Ops in many shapes. */
final class ShapeCases {
  private static final List<String> WITH_HEADS =
      List.of(
          AbsorbQuery.TYPE,
          MergeAttentionStates.TYPE,
          MlaContextAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaPrefillAttention.TYPE,
          MlaPreprocess.TYPE,
          ProjectValue.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE,
          RotaryEmbedding.TYPE);

  private static final List<String> WITH_WIDTHS =
      List.of(
          AbsorbQuery.TYPE,
          ConcatAndCacheMla.TYPE,
          GatherCache.TYPE,
          MlaContextAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaPrefillAttention.TYPE,
          MlaPreprocess.TYPE,
          ProjectValue.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RopeConcatAndCacheMla.TYPE,
          RotaryEmbedding.TYPE);

  private static final List<String> WITH_WEIGHTS =
      List.of(
          AbsorbQuery.TYPE,
          Embedding.TYPE,
          FusedAddRmsNorm.TYPE,
          Linear.TYPE,
          MlaPreprocess.TYPE,
          ProjectValue.TYPE,
          QkvAProj.TYPE,
          RmsNorm.TYPE,
          RmsNormRopeConcatAndCacheMla.TYPE,
          RoutedExperts.TYPE);

  private static final List<String> WITH_MATRICES =
      List.of(
          AbsorbQuery.TYPE,
          Embedding.TYPE,
          Linear.TYPE,
          MlaPreprocess.TYPE,
          ProjectValue.TYPE,
          QkvAProj.TYPE,
          RoutedExperts.TYPE);

  private static final int[] HEADS = {1, 2, 3, 5, 8, 12, 16, 20, 64, 96, 128};
  private static final int[] RANKS = {64, 96, 256, 512};
  private static final int[] ROPES = {0, 32, 64, 128};

  private static final Batch BATCH =
      Batch.of("small", 16, new int[][] {{20, 1}, {3, 2}}, new int[][] {{17, 2}, {0, 3}});

  private final ConformanceSettings settings;
  private final List<Case> cases = new ArrayList<>();

  private ShapeCases(ConformanceSettings settings) {
    this.settings = settings;
  }

  static List<Case> cases(ConformanceSettings settings) {
    ShapeCases made = new ShapeCases(settings);
    WITH_HEADS.forEach(made::heads);
    WITH_WIDTHS.forEach(made::widths);
    WITH_WEIGHTS.forEach(made::weights);
    WITH_MATRICES.forEach(made::blocks);
    return made.cases;
  }

  private void heads(String type) {
    List<Dims> grid = new ArrayList<>();
    for (int heads : HEADS) {
      grid.add(Dims.SMALL.heads(heads));
      grid.add(Dims.REAL.heads(heads));
    }
    add(Rules.HEADS, type, Draw.some(grid, 6, settings));
  }

  private void widths(String type) {
    List<Dims> grid = new ArrayList<>();
    for (int rank : RANKS) {
      for (int rope : ROPES) {
        boolean turns =
            !type.equals(RotaryEmbedding.TYPE) && !type.equals(RopeConcatAndCacheMla.TYPE);
        if (rope == 0 && !turns) {
          continue;
        }
        for (RopeStyle style : RopeStyle.values()) {
          grid.add(Dims.SMALL.widths(64, rope, 48, rank).style(style));
          grid.add(Dims.SMALL.widths(192, rope, 256, rank).style(style));
          grid.add(Dims.SMALL.widths(128, rope, 128, rank).style(style));
        }
      }
    }
    List<Dims> chosen = new ArrayList<>(Draw.some(grid, 6, settings));
    var random = Numbers.random(settings.seed(), type.hashCode());
    for (int i = 0; i < 3; i++) {
      chosen.add(
          Dims.SMALL
              .heads(1 + random.nextInt(12))
              .widths(
                  1 + random.nextInt(90),
                  2 * (1 + random.nextInt(40)),
                  1 + random.nextInt(90),
                  1 + random.nextInt(200))
              .style(random.nextBoolean() ? RopeStyle.NEOX : RopeStyle.INTERLEAVED));
    }
    add(Rules.WIDTHS, type, chosen);
  }

  private void weights(String type) {
    add(
        Rules.WEIGHT_TYPES,
        type,
        List.of(
            Dims.SMALL.weight(DType.BF16),
            Dims.SMALL.weight(DType.F16),
            Dims.REAL.weight(DType.BF16)));
  }

  private void blocks(String type) {
    List<Dims> grid =
        Arrays.stream(DType.values()).filter(DType::isBlockType).map(Dims.SMALL::ofBlocks).toList();
    add(Rules.BLOCK_TYPES, type, grid);
  }

  private void add(Rule rule, String type, List<Dims> grid) {
    for (Dims dims : grid) {
      cases.add(
          new Case(
              rule,
              type + ", " + dims,
              Set.of(type),
              subject ->
                  Trial.check(
                      subject, BATCH, session -> new Specimens(session, dims).offered(type))));
    }
  }
}
