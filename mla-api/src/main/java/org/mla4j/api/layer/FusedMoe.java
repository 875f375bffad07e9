package org.mla4j.api.layer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.PluggableLayer;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.RoutedExperts.Expert;
import org.mla4j.api.spec.MoeSpec;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/**
 * A mixture-of-experts feed-forward layer: router, routed experts and shared experts.
 *
 * <p>The result for a token depends on that token alone. No tokens: return at once, launch nothing.
 */
public interface FusedMoe extends PluggableLayer {
  /**
   * The name of this kind of layer. It differs from the op {@code fused_moe}, which runs the routed
   * experts only.
   */
  String TYPE = "fused_moe_layer";

  /**
   * One such layer as data.
   *
   * @param layer name of the layer in the model
   * @param spec dimensions and routing rule
   * @param router {@code [experts, H]}
   * @param correctionBias {@code [experts]}, or null
   * @param experts the weights of each routed expert
   * @param shared the weights of the shared experts as one MLP, or null for none
   * @param hidden F32 {@code [T, H]}
   * @param output F32 {@code [T, H]}
   */
  record Call(
      String layer,
      MoeSpec spec,
      WeightHandle router,
      @Nullable WeightHandle correctionBias,
      List<Expert> experts,
      @Nullable Expert shared,
      StepValue hidden,
      StepValue output)
      implements LayerCall {
    /**
     * Checks that the weights are those the spec needs.
     *
     * @throws InvalidInputException if the number of experts differs, or shared experts are missing
     *     or unwanted
     * @throws ModelException if a weight has another shape than the spec demands
     */
    public Call {
      experts = List.copyOf(experts);
      if (experts.size() != spec.experts()) {
        throw new InvalidInputException(
            ErrorCode.INVALID_SPEC,
            layer
                + ": weights of "
                + experts.size()
                + " experts; expected experts = "
                + spec.experts()
                + ".");
      }
      if ((shared != null) != spec.hasSharedExperts()) {
        throw new InvalidInputException(
            ErrorCode.INVALID_SPEC,
            layer
                + ": shared experts are "
                + (shared == null ? "missing" : "given")
                + ", but sharedIntermediateSize = "
                + spec.sharedIntermediateSize()
                + ".");
      }
      LayerParts.tensor(layer, router, "[experts, hiddenSize]", spec.experts(), spec.hiddenSize());
      if (correctionBias != null) {
        LayerParts.tensor(layer, correctionBias, "[experts]", spec.experts());
      }
      for (Expert expert : experts) {
        expect(layer, expert, "intermediateSize", spec.intermediateSize(), spec.hiddenSize());
      }
      if (shared != null) {
        expect(
            layer,
            shared,
            "sharedIntermediateSize",
            spec.sharedIntermediateSize(),
            spec.hiddenSize());
      }
    }

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public List<Value> reads() {
      return List.of(hidden);
    }

    @Override
    public List<Value> writes() {
      return List.of(output);
    }

    @Override
    public List<WeightHandle> weights() {
      List<WeightHandle> handles = new ArrayList<>();
      handles.add(router);
      if (correctionBias != null) {
        handles.add(correctionBias);
      }
      for (Expert expert : experts) {
        handles.addAll(List.of(expert.gate(), expert.up(), expert.down()));
      }
      if (shared != null) {
        handles.addAll(List.of(shared.gate(), shared.up(), shared.down()));
      }
      return List.copyOf(handles);
    }

    private static void expect(String layer, Expert expert, String inner, long width, long hidden) {
      LayerParts.tensor(layer, expert.gate(), "[" + inner + ", hiddenSize]", width, hidden);
      LayerParts.tensor(layer, expert.up(), "[" + inner + ", hiddenSize]", width, hidden);
      LayerParts.tensor(layer, expert.down(), "[hiddenSize, " + inner + "]", hidden, width);
    }
  }
}
