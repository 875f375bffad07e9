package org.mla4j.benchmarks.report;

import java.util.Map;
import java.util.Optional;
import org.mla4j.benchmarks.peer.Comparison;
import org.mla4j.benchmarks.peer.PeerTest;

/** What the figures of the page have to be. */
final class Goals {
  /** Seconds until the first token without packing, from a file that is in memory already. */
  static final Goal FIRST_TOKEN = Goal.atMost(3, 3);

  /** Peak memory over the size of the file. */
  static final Goal MEMORY = Goal.atMost(1.1, 1.1);

  /** Growth of decode with the context over that of its bound. */
  static final Goal GROWTH = Goal.atMost(1.3, 1.3);

  /** Share of a decode step in which no kernel runs. */
  static final Goal OUTSIDE = Goal.atMost(0.03, 0.03);

  /** Nanoseconds of a parallel region on two threads. */
  static final Goal REGION = Goal.atMost(3000, 3000);

  private static final Goal JLAMA = Goal.atLeast(2.5, 2.5);
  private static final Goal PEER_MEMORY = Goal.atMost(0.65, 0.6);
  private static final Goal DEEP = Goal.atLeast(1.3, 1.8);
  private static final int DEEP_TOKENS = 4096;
  private static final int LONG_PROMPT = 512;

  private static final Map<String, Goal> PREFILL =
      Map.of(
          "q4_0", Goal.atLeast(1.4, 1.9),
          "q8_0", Goal.atLeast(1.9, 2.6),
          "bf16", Goal.atLeast(1.5, 2.2));

  private static final Map<String, Goal> DECODE =
      Map.of(
          "q4_0", Goal.atLeast(0.9, 1.05),
          "q8_0", Goal.atLeast(1.0, 1.15),
          "bf16", Goal.atLeast(1.0, 1.05));

  private static final Map<String, Goal> GEMV =
      Map.of(
          "BF16", Goal.atLeast(0.95, 0.95),
          "Q8_0", Goal.atLeast(0.85, 0.85),
          "Q4_0", Goal.atLeast(0.78, 0.78));

  private static final Goal GEMM = Goal.atLeast(0.95, 0.95);
  private static final Goal GEMM_DEQUANTISED = Goal.atLeast(0.8, 0.8);
  private static final int GEMM_ROWS = 48;
  private static final Goal ATTENTION = Goal.atLeast(0.45, 0.45);

  /** Rounds that a ratio is taken from before it is judged. */
  private static final int ROUNDS = 5;

  /** Answers of 500 that may differ from those of F32. */
  private static final Map<String, Integer> DIFFERENCES =
      Map.of("F32", 0, "BF16", 0, "F16", 2, "F8_E4M3", 5, "Q8_0", 5, "Q4_0", 25);

  private static final double QUESTIONS = 500;

  private Goals() {}

  /** Of the ratio of speeds. */
  static Optional<Goal> ratio(Comparison comparison, String name) {
    PeerTest test = PeerTest.parse(name);
    boolean isMedian =
        comparison.times().stream()
            .filter(times -> times.test().equals(name))
            .allMatch(times -> times.ours().size() >= ROUNDS);
    if (!isMedian) {
      return Optional.empty();
    }
    if (comparison.theirs().name().equalsIgnoreCase("jlama")) {
      return Optional.of(JLAMA);
    }
    String type = weightType(comparison);
    if (test.depth() == 0) {
      return Optional.ofNullable(
          test.prompt() == LONG_PROMPT
              ? PREFILL.get(type)
              : test.prompt() == 0 ? DECODE.get(type) : null);
    }
    return test.depth() == DEEP_TOKENS && test.prompt() == 0 ? Optional.of(DEEP) : Optional.empty();
  }

  /** Of peak memory over that of the peer. */
  static Optional<Goal> memory(Comparison comparison) {
    boolean whole = comparison.model().startsWith("deepseek-v2-lite-27-q4_0");
    return whole ? Optional.of(PEER_MEMORY) : Optional.empty();
  }

  /** Of the share of the bound that a kernel reaches. */
  static Optional<Goal> share(KernelResult kernel) {
    Map<String, String> params = kernel.params();
    return switch (kernel.benchmark()) {
      case "LinearBenchmark" -> product(params.getOrDefault("weights", ""), tokens(params));
      case "MlaDecodeAttentionBenchmark" ->
          "16".equals(params.get("heads")) && "32768".equals(params.get("context"))
              ? Optional.of(ATTENTION)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static int tokens(Map<String, String> params) {
    return Integer.parseInt(params.get("tokens"));
  }

  private static Optional<Goal> product(String weights, int tokens) {
    if (tokens == 1) {
      return Optional.ofNullable(GEMV.get(weights));
    }
    if (tokens < GEMM_ROWS) {
      return Optional.empty();
    }
    return Optional.of(weights.equals("F32") ? GEMM : GEMM_DEQUANTISED);
  }

  /** Of answers that are those of the reference. */
  static Optional<Goal> answers(Evaluation evaluation) {
    Integer differences = DIFFERENCES.get(evaluation.type());
    if (differences == null) {
      return Optional.empty();
    }
    double least = Math.ceil(evaluation.questions() * (1 - differences / QUESTIONS));
    return Optional.of(Goal.atLeast(least, least));
  }

  /** The type of weights that the file's name ends with. */
  private static String weightType(Comparison comparison) {
    String name = comparison.model().replace(".gguf", "");
    return name.substring(name.lastIndexOf('-') + 1);
  }
}
