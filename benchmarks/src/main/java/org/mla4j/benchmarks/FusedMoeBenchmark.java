package org.mla4j.benchmarks;

import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.StepValue;
import org.mla4j.benchmarks.bound.Work;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** {@code fused_moe} of DeepSeek-V2-Lite: 64 experts, 6 of them for each token. */
public class FusedMoeBenchmark extends KernelBenchmark {
  private static final MoeSpec SPEC =
      new MoeSpec(
          2048, 64, 6, 1408, MoeSpec.Scoring.SOFTMAX, 1, 1, MoeSpec.GroupScore.MAX, false, 1, 0);

  /** Choices of experts, taken in turns, so that a single token does not find its own in caches. */
  private static final int CHOICES = 11;

  /** Element type of the weights. */
  @Param({"BF16", "Q8_0", "Q4_0"})
  public DType weights = DType.F32;

  /** 1 is decode, more are prefill. */
  @Param({"1", "48", "512"})
  public int tokens;

  /** Used by JMH. */
  public FusedMoeBenchmark() {}

  /** Makes the experts, and chooses some for the tokens. */
  @Setup
  public void setUp() {
    KernelBench bench = open(Phase.PREFILL, 0, tokens);
    int hidden = SPEC.hiddenSize();
    int inner = SPEC.intermediateSize();
    List<Expert> experts =
        IntStream.range(0, SPEC.experts())
            .mapToObj(i ->
                new Expert(
                    bench.weight(weights, inner, hidden),
                    bench.weight(weights, inner, hidden),
                    bench.weight(weights, hidden, inner)))
            .toList();
    StepValue x = buffer("x", Rows.ALL, hidden);
    StepValue out = buffer("out", Rows.ALL, hidden);
    StepValue shares = buffer("topk_weights", Rows.ALL, SPEC.topK());
    double used = 0;
    StepValue[] ids = new StepValue[CHOICES];
    for (int i = 0; i < CHOICES; i++) {
      ids[i] = StepValue.buffer("topk_ids" + i, DType.I32, Rows.ALL, SPEC.topK());
      used += choose(bench, ids[i], shares, i) / (double) CHOICES;
    }
    double weightBytes = 3.0 * used * weights.byteCount((long) inner * hidden);
    double flops = 6.0 * tokens * SPEC.topK() * inner * hidden;
    Work work = new Work(weightBytes + 8.0 * tokens * hidden, flops);
    double own = (1 << 28) / (double) CHOICES;
    layers(work, own, i -> new RoutedExperts(SPEC, x, ids[i % CHOICES], shares, experts, out));
  }

  /** Lets the gate choose, and returns how many experts it chose. */
  private static int choose(KernelBench bench, StepValue ids, StepValue shares, int choice) {
    StepValue logits = buffer("logits" + choice, Rows.ALL, SPEC.experts());
    bench.shuffle(logits, choice);
    bench.run(bench.create(new MoeGate(SPEC, logits, null, ids, shares)));
    Tensor chosen = bench.tensor(ids).tensor();
    Set<Integer> distinct = new HashSet<>();
    int count = bench.step().count(Rows.ALL) * SPEC.topK();
    for (int i = 0; i < count; i++) {
      distinct.add(chosen.segment().get(ValueLayout.JAVA_INT, chosen.byteOffset() + 4L * i));
    }
    return distinct.size();
  }
}
