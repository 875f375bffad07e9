package org.mla4j.models.verify;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.StepTensor;
import org.mla4j.api.layer.GroupedQueryAttention;
import org.mla4j.api.layer.MultiHeadLatentAttention;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.plan.Node;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.runner.NodeObserver;

/**
 * Collects the values that golden data records, as they are computed: a tap is a node, and which
 * part of its operands is the recorded tensor. Rows of several steps follow each other.
 */
final class Taps implements NodeObserver {
  private static final String FIRST_ATTENTION = "layers.0.attn";

  private final GoldenData golden;
  private final String prompt;
  private final Map<String, List<Tap>> tapsByNode = new HashMap<>();
  private final Map<String, List<double[]>> rowsByTensor = new LinkedHashMap<>();
  private final Map<String, List<String>> nodesByTensor = new HashMap<>();

  /**
   * A part of a node's operands that was recorded.
   *
   * @param tensor its name in the golden data
   * @param value finds it; null if this node does not have it after all
   * @param factor what the node multiplies it by, beyond what was recorded
   */
  private record Tap(
      String tensor, Function<Op, @Nullable StepValue> value, ToDoubleFunction<Op> factor) {}

  Taps(GoldenData golden) {
    this.golden = golden;
    this.prompt = golden.recordedPrompt();
    hiddenStates();
    firstAttention();
  }

  /** What was seen of each recorded tensor, row by row; empty for what no node computed. */
  Map<String, List<double[]>> rows() {
    return rowsByTensor;
  }

  /** The nodes that compute a tensor: in one plan the first of them, in another plan the next. */
  List<String> nodes(String tensor) {
    return List.copyOf(nodesByTensor.getOrDefault(tensor, List.of()));
  }

  @Override
  public void after(Node node, StepDescription step, Bindings bindings) {
    for (Tap tap : tapsByNode.getOrDefault(node.name(), List.of())) {
      StepValue value = tap.value().apply(node.op());
      if (value != null) {
        StepTensor tensor = bindings.tensor(value);
        double factor = tap.factor().applyAsDouble(node.op());
        List<double[]> rows = Objects.requireNonNull(rowsByTensor.get(tap.tensor()));
        for (int row = 0; row < tensor.count(step); row++) {
          rows.add(read(tensor, step, row, factor));
        }
      }
    }
  }

  private void hiddenStates() {
    tap("embed_tokens", "hidden." + prompt + ".embed", op -> ((Embedding) op).out());
    for (int layer = 0; golden.contains("hidden." + prompt + ".layer" + layer); layer++) {
      tap(
          "layers." + layer + ".mlp_add",
          "hidden." + prompt + ".layer" + layer,
          op -> ((Add) op).x());
      String moe = "moe." + prompt + ".layer" + layer;
      tap("layers." + layer + ".mlp.choose", moe + ".topk_ids", op -> ((MoeGate) op).ids());
      tap(
          "layers." + layer + ".mlp.choose",
          moe + ".topk_weights",
          op -> ((MoeGate) op).topKWeights());
    }
    // A factor on logits is recorded as that: it comes after the last norm.
    tap(
        "norm",
        "hidden." + prompt + ".final_norm",
        op -> ((RmsNorm) op).out(),
        op -> ((RmsNorm) op).scale());
  }

  private void firstAttention() {
    tap("layers.0.input_layernorm", attn("attn_in"), op -> ((RmsNorm) op).out());
    for (String queries : List.of("q_proj", "q_b_proj")) {
      inside(queries, "q_nope", op -> head(((Linear) op).out(), "q_nope", true));
      inside(
          queries, "q_pe_before_rope", op -> head(((Linear) op).out(), "q_pe_before_rope", false));
    }
    inside(
        "kv_a_proj",
        "k_pe_before_rope",
        op -> head(((Linear) op).out(), "k_pe_before_rope", false));
    inside("kv_a_layernorm", "c_kv", op -> ((RmsNorm) op).out());
    inside("concat_and_cache", "c_kv", op -> withoutNorm(((ConcatAndCacheMla) op).kvC()));
    // Interleaved pairs were recorded as halves, too; pairs of halves in no other order.
    String order = golden.contains(attn("q_pe_interleaved")) ? "_interleaved" : "_halves";
    inside("rotary_emb", "q_pe" + order, op -> ((RotaryEmbedding) op).q());
    inside("rotary_emb", "k_pe" + order, op -> ((RotaryEmbedding) op).k());
    inside("o_proj", "attn_heads_out", op -> ((Linear) op).x());
    inside("o_proj", "attn_out", op -> ((Linear) op).out());
    inside("rotary_emb", "q_after_rope", op -> ((RotaryEmbedding) op).q());
    inside("rotary_emb", "k_after_rope", op -> ((RotaryEmbedding) op).k());
    inside("v_proj", "v", op -> ((Linear) op).out());
    tap(FIRST_ATTENTION, attn("attn_out"), Taps::output);
  }

  /** The latent if it has no norm: then it is part of what was projected. */
  private static @Nullable StepValue withoutNorm(StepValue latent) {
    return latent.isView() ? latent : null;
  }

  private static StepValue output(Op layer) {
    return switch (layer) {
      case MultiHeadLatentAttention.Call mla -> mla.output();
      case GroupedQueryAttention.Call gqa -> gqa.output();
      default -> throw new IllegalStateException("No attention layer: " + layer.type());
    };
  }

  /** The first or the last elements of each head, as many as the recorded tensor has. */
  private StepValue head(StepValue heads, String recorded, boolean first) {
    long all = heads.rowShape().extent(-1);
    int[] shape = golden.shape(attn(recorded));
    long width = shape.length == 0 ? all : shape[shape.length - 1];
    return heads.narrow("tap." + recorded, -1, first ? 0 : all - width, width);
  }

  private void inside(String node, String recorded, Function<Op, @Nullable StepValue> value) {
    tap(FIRST_ATTENTION + "." + node, attn(recorded), value);
  }

  private String attn(String recorded) {
    return "attn0." + prompt + "." + recorded;
  }

  private void tap(String node, String tensor, Function<Op, @Nullable StepValue> value) {
    tap(node, tensor, value, op -> 1);
  }

  private void tap(
      String node,
      String tensor,
      Function<Op, @Nullable StepValue> value,
      ToDoubleFunction<Op> factor) {
    if (golden.contains(tensor)) {
      tapsByNode
          .computeIfAbsent(node, name -> new ArrayList<>())
          .add(new Tap(tensor, value, factor));
      rowsByTensor.putIfAbsent(tensor, new ArrayList<>());
      nodesByTensor.computeIfAbsent(tensor, name -> new ArrayList<>()).add(node);
    }
  }

  private static double[] read(StepTensor values, StepDescription step, int row, double factor) {
    Tensor tensor = values.tensor();
    MemorySegment segment = tensor.segment();
    int rank = tensor.shape().rank();
    double[] out =
        new double[Math.toIntExact(tensor.shape().elements() / tensor.shape().extent(0))];
    long start = values.offset(step) + row * values.rowBytes();
    for (int i = 0; i < out.length; i++) {
      long offset = start;
      long rest = i;
      for (int axis = rank - 1; axis > 0; axis--) {
        offset += rest % tensor.shape().extent(axis) * tensor.byteStride(axis);
        rest /= tensor.shape().extent(axis);
      }
      out[i] =
          tensor.dtype() == DType.I32
              ? segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset)
              : segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset) / factor;
    }
    return out;
  }
}
