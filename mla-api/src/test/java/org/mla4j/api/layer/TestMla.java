package org.mla4j.api.layer;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.MlaSpec;
import org.mla4j.api.spec.NormSpec;
import org.mla4j.api.spec.RopeScaling;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.spec.RopeStyle;
import org.mla4j.api.testing.NamedWeight;

/**
 * A small attention layer: H = 8, N = 2, Lq = 6, L = 4, P = 3, R = 2, V = 5; and its weights by the
 * names they have in checkpoints, to be taken away, added or spoilt one at a time.
 */
final class TestMla {
  static final NormSpec NORM = new NormSpec(1e-6);
  static final RopeSpec ROPE =
      new RopeSpec(2, 10000, RopeStyle.INTERLEAVED, new RopeScaling.None(), 64);

  private final Map<String, NamedWeight> given = new LinkedHashMap<>();
  private final Map<String, NamedWeight> biases = new LinkedHashMap<>();

  /** Queries from one projection; no norms, no rope. */
  static MlaSpec.Builder direct() {
    return MlaSpec.builder()
        .hiddenSize(8)
        .numHeads(2)
        .kvLoraRank(4)
        .qkNopeHeadDim(3)
        .qkRopeHeadDim(2)
        .vHeadDim(5);
  }

  /** A query latent, every norm there is, and rope. */
  static MlaSpec.Builder full() {
    return direct()
        .qLoraRank(6)
        .qANorm(NORM)
        .kvANorm(NORM)
        .qHeadNorm(NORM)
        .kHeadNorm(NORM)
        .rope(ROPE);
  }

  /** The weights that fit one of the two. */
  static TestMla weightsOf(MlaSpec spec) {
    TestMla weights = new TestMla();
    if (spec.hasQLora()) {
      weights.toggle("q_a_proj").toggle("q_b_proj").toggle("q_a_layernorm");
    } else {
      weights.toggle("q_proj");
    }
    weights.toggle("kv_a_proj_with_mqa").toggle("kv_b_proj").toggle("o_proj");
    if (spec.kvANorm() != null) {
      weights.toggle("kv_a_layernorm").toggle("q_norm").toggle("k_norm");
    }
    return weights;
  }

  /** Takes a weight away, or adds it in its right shape. */
  TestMla toggle(String role) {
    if (given.remove(role) == null) {
      given.put(role, NamedWeight.of(role, shape(role)));
    }
    return this;
  }

  /** Gives a weight another shape. */
  TestMla shaped(String role, long... extents) {
    given.put(role, NamedWeight.of(role, extents));
    return this;
  }

  /** Gives a weight a shape that no role has. */
  TestMla misshape(String role) {
    given.put(role, NamedWeight.of(role, 1, 2, 3));
    return this;
  }

  /** Gives a projection a bias. */
  TestMla bias(String role, long width) {
    biases.put(role, NamedWeight.of(role + ".bias", width));
    return this;
  }

  MlaWeights build() {
    return new MlaWeights(
        projection("q_proj"),
        projection("q_a_proj"),
        given.get("q_a_layernorm"),
        projection("q_b_proj"),
        required("kv_a_proj_with_mqa"),
        given.get("kv_a_layernorm"),
        required("kv_b_proj"),
        required("o_proj"),
        given.get("q_norm"),
        given.get("k_norm"));
  }

  private @Nullable Projection projection(String role) {
    return given.containsKey(role) ? required(role) : null;
  }

  private Projection required(String role) {
    return new Projection(given.get(role), biases.get(role));
  }

  private static long[] shape(String role) {
    return switch (role) {
      case "q_proj" -> new long[] {10, 8};
      case "q_a_proj", "kv_a_proj_with_mqa" -> new long[] {6, 8};
      case "q_b_proj" -> new long[] {10, 6};
      case "kv_b_proj" -> new long[] {16, 4};
      case "o_proj" -> new long[] {8, 10};
      case "q_a_layernorm" -> new long[] {6};
      case "kv_a_layernorm" -> new long[] {4};
      case "q_norm", "k_norm" -> new long[] {5};
      default -> throw new IllegalArgumentException(role);
    };
  }
}
