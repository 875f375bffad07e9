package org.mla4j.core.cpu.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.op.Sample;
import org.mla4j.api.step.Sampling;
import org.mla4j.core.testing.RandomData;

@DisplayName("Drawing a token from logits")
class RowSamplerTest {
  private static final float INFINITE = Float.POSITIVE_INFINITY;

  private static int sample(Sampling how, double draw, float... logits) {
    return new RowSampler(logits.length).sample(segment(logits), 4, how, draw);
  }

  /** The logits after four other bytes: rows need not be aligned. */
  private static MemorySegment segment(float... logits) {
    MemorySegment segment = Arena.ofAuto().allocate(4L + 4L * logits.length);
    MemorySegment.copy(logits, 0, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, 4, logits.length);
    return segment.asReadOnly();
  }

  @Test
  void greedyTakesTheLowestIdAmongTheLargest() {
    assertEquals(1, sample(Sampling.GREEDY, 0.9, -1, 3, 2, 3));
    assertEquals(0, sample(Sampling.GREEDY, 0.9, 0, -0f, 0));
    assertEquals(2, sample(Sampling.GREEDY, 0, -INFINITE, -INFINITE, -1e30f));
    assertEquals(1, sample(Sampling.GREEDY, 0, 5, INFINITE, INFINITE));
  }

  @Test
  void greedyIgnoresTheOtherParameters() {
    assertEquals(2, sample(new Sampling(0, 3, 0.1f, 0.9f), 0.99, 1, 2, 3));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.999999})
  void oneTokenIsLeftByTopK1ByASmallTopPAndByMinP1(double draw) {
    float[] logits = {1, 1.5f, 1.25f, 0};
    assertEquals(1, sample(new Sampling(2, 1, 1, 0), draw, logits));
    assertEquals(1, sample(new Sampling(2, 0, 1e-6f, 0), draw, logits));
    assertEquals(1, sample(new Sampling(2, 0, 1, 1), draw, logits));
    assertEquals(1, sample(new Sampling(1e-30f, 0, 1, 0), draw, logits));
  }

  @Test
  void tokensCoverHalfOpenIntervalsInTheOrderOfTheirIds() {
    Sampling how = new Sampling(1, 0, 1, 0);
    assertEquals(0, sample(how, 0, 0, 0));
    assertEquals(0, sample(how, Math.nextDown(0.5), 0, 0));
    assertEquals(1, sample(how, 0.5, 0, 0));
    assertEquals(1, sample(how, Math.nextDown(1.0), 0, 0));
    assertEquals(1, sample(how, 0, -INFINITE, 0));
  }

  @Test
  void equalLogitsRankById() {
    float[] logits = {1, 2, 2, 2, 1};
    assertEquals(List.of(1, 2), drawn(new Sampling(1, 2, 1, 0), logits));
    assertEquals(List.of(0, 1, 2, 3), drawn(new Sampling(1, 4, 1, 0), logits));
    // At this temperature all weights round to 1, yet logits still rank.
    assertEquals(List.of(1, 2, 3), drawn(new Sampling(1e30f, 3, 1, 0), logits));
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesIt() {
    float[] logits = {log(0.25), log(0.5), log(0.25)};
    assertEquals(List.of(1), drawn(new Sampling(1, 0, 0.499f, 0), logits));
    assertEquals(List.of(0, 1), drawn(new Sampling(1, 0, 0.749f, 0), logits));
    assertEquals(List.of(0, 1, 2), drawn(new Sampling(1, 0, 0.751f, 0), logits));
    assertEquals(List.of(0, 1), drawn(new Sampling(1, 0, 0.5f, 0), 7, 7, 7, 7), "exactly reached");
  }

  @Test
  void topPCountsTheMassOfTheSoftMaxOverTopK() {
    // 0.4 and 0.3 of all are 4/7 and 3/7 of the two largest.
    float[] logits = {log(0.1), log(0.4), log(0.2), log(0.3)};
    assertEquals(List.of(1), drawn(new Sampling(1, 2, 0.57f, 0), logits));
    assertEquals(List.of(1, 3), drawn(new Sampling(1, 2, 0.58f, 0), logits));
  }

  @Test
  void topPCountsTheMassThatMinPRemoved() {
    float[] logits = {log(0.1), log(0.4), log(0.2), log(0.3)};
    // Of what minP leaves, 0.4 + 0.3, the first alone is 4/7; of the soft-max it is 0.4.
    assertEquals(List.of(1, 3), drawn(new Sampling(1, 0, 0.5f, 0.6f), logits));
    assertEquals(List.of(1, 3), drawn(new Sampling(1, 0, 0.9f, 0.6f), logits));
  }

  @Test
  void minPIsRelativeToTheLargestAfterTemperature() {
    float[] logits = {log(0.5), log(0.26), log(0.24)};
    assertEquals(List.of(0, 1), drawn(new Sampling(1, 0, 1, 0.5f), logits));
    // At temperature 2, ratios are square roots.
    assertEquals(List.of(0, 1, 2), drawn(new Sampling(2, 0, 1, 0.5f), logits));
  }

  @Test
  void infiniteLogitsTakeAll() {
    assertEquals(List.of(1, 3), drawn(new Sampling(1, 0, 1, 0), 5, INFINITE, 1, INFINITE));
    assertEquals(List.of(0), drawn(new Sampling(1, 0, 1, 0), 5, -INFINITE, -INFINITE));
    assertEquals(List.of(0), drawn(new Sampling(1, 3, 0.9f, 0), 5, -INFINITE, -INFINITE));
  }

  private static float log(double probability) {
    return (float) Math.log(probability);
  }

  /** All tokens that some draw gives. */
  private static List<Integer> drawn(Sampling how, float... logits) {
    return IntStream.range(0, 1000)
        .map(i -> sample(how, i / 1000.0, logits))
        .distinct()
        .sorted()
        .boxed()
        .toList();
  }

  @Test
  void rowsThatCannotBeDrawnFromAreMarked() {
    for (Sampling how : List.of(Sampling.GREEDY, new Sampling(1, 2, 0.9f, 0.1f))) {
      assertEquals(Sample.UNUSABLE, sample(how, 0.5, Float.NaN, 1, Float.NaN));
      assertEquals(Sample.UNUSABLE, sample(how, 0.5, 1, 2, Float.NaN));
      assertEquals(Sample.UNUSABLE, sample(how, 0.5, -INFINITE, -INFINITE, -INFINITE));
    }
  }

  @Test
  void nothingIsKeptFromOneRowToTheNext() {
    RowSampler sampler = new RowSampler(50);
    Sampling how = new Sampling(0.8f, 20, 0.9f, 0.01f);
    MemorySegment row = segment(new RandomData(1).normal(50, 2));
    int first = sampler.sample(row, 4, how, 0.6);
    sampler.sample(segment(new RandomData(2).normal(50, 2)), 4, new Sampling(1, 3, 1, 0), 0.1);
    assertEquals(first, sampler.sample(row, 4, how, 0.6));
  }

  static Stream<Sampling> manyWays() {
    return Stream.of(
        new Sampling(1, 0, 1, 0),
        new Sampling(0.7f, 0, 1, 0),
        new Sampling(1.8f, 0, 1, 0),
        new Sampling(1, 8, 1, 0),
        new Sampling(1, 40, 1, 0),
        new Sampling(1, 0, 0.6f, 0),
        new Sampling(1, 0, 0.95f, 0),
        new Sampling(1, 0, 1, 0.05f),
        new Sampling(1, 0, 1, 0.3f),
        new Sampling(0.8f, 20, 0.9f, 0),
        new Sampling(1.2f, 20, 0.9f, 0.02f),
        new Sampling(1.2f, 0, 0.5f, 0.2f));
  }

  @ParameterizedTest
  @MethodSource("manyWays")
  void draws(Sampling how) {
    float[] logits = new RandomData(42).normal(40, 1.5);
    double[] expected = probabilities(logits, how);
    long[] observed = new long[logits.length];
    RowSampler sampler = new RowSampler(logits.length);
    MemorySegment row = segment(logits);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 50_000; i++) {
      observed[sampler.sample(row, 4, how, random.nextDouble())]++;
    }

    int[] possible = IntStream.range(0, 40).filter(i -> expected[i] > 0).toArray();
    for (int token = 0; token < observed.length; token++) {
      assertTrue(expected[token] > 0 || observed[token] == 0, "token " + token + " was dropped");
    }
    if (possible.length > 1) {
      double p =
          new ChiSquareTest()
              .chiSquareTest(
                  Arrays.stream(possible).mapToDouble(i -> expected[i]).toArray(),
                  Arrays.stream(possible).mapToLong(i -> observed[i]).toArray());
      assertTrue(p > 1e-3, "chi-square test of the draws: p = " + p);
    }
  }

  @ParameterizedTest
  @MethodSource("manyWays")
  void evenlySpacedDrawsHitEachTokenInProportion(Sampling how) {
    float[] logits = new RandomData(43).normal(30, 2);
    double[] expected = probabilities(logits, how);
    int draws = 20_000;
    int[] observed = new int[logits.length];
    RowSampler sampler = new RowSampler(logits.length);
    MemorySegment row = segment(logits);
    for (int i = 0; i < draws; i++) {
      observed[sampler.sample(row, 4, how, (i + 0.5) / draws)]++;
    }
    for (int token = 0; token < observed.length; token++) {
      assertEquals(expected[token] * draws, observed[token], 1.01, "token " + token);
    }
  }

  /** What {@link Sampling} says, by sorting. */
  private static double[] probabilities(float[] logits, Sampling how) {
    int[] ranked = ranked(logits);
    int kept = how.topK() == 0 ? logits.length : Math.min(how.topK(), logits.length);
    double[] soft = new double[logits.length];
    for (int rank = 0; rank < kept; rank++) {
      soft[ranked[rank]] =
          Math.exp(((double) logits[ranked[rank]] - logits[ranked[0]]) / how.temperature());
    }
    normalise(soft);
    double largest = soft[ranked[0]];
    double reached = 0;
    for (int token : ranked) {
      if (soft[token] < how.minP() * largest || reached >= how.topP()) {
        soft[token] = 0;
      }
      reached += soft[token];
    }
    normalise(soft);
    return soft;
  }

  /** Tokens by descending logit, then by id. */
  private static int[] ranked(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparing((Integer i) -> -logits[i]).thenComparing(i -> i))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void normalise(double[] values) {
    double sum = Arrays.stream(values).sum();
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 100, 1023, 1024})
  void tokensLeaveInTheOppositeOrderOfTheirRank(int vocabulary) {
    RandomData random = new RandomData(vocabulary);
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = random.below(20); // with many equal ones
    }
    KeptTokens kept = new KeptTokens(logits);
    for (int token : random.permutation(vocabulary)) {
      kept.add(token);
    }
    int[] ranked = ranked(logits);
    for (int rank = vocabulary - 1; rank >= 0; rank--) {
      assertEquals(ranked[rank], kept.last(), "rank " + rank);
      kept.removeLast();
    }
    assertEquals(0, kept.size());
  }
}
