package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mla4j.api.backend.Backend;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.layer.MlaAttention;
import org.mla4j.api.op.AttentionForm;
import org.mla4j.api.op.AttentionForm.InputStage;
import org.mla4j.api.op.AttentionForm.OutputForm;
import org.mla4j.api.op.CompositeOp;
import org.mla4j.api.op.LayerCall;
import org.mla4j.api.op.Op;
import org.mla4j.api.plan.Node;
import org.mla4j.api.plan.PlanBuilder;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.step.Rows;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.CpuBackendProvider;
import org.mla4j.core.layer.MlaLayer;

/**
 * A plug-in with an attention op of the forms that its option {@code forms} states, such as {@code
 * roped-heads+absorbed-latent}, less those of {@code refuses}. It runs the core's own sub-plan of
 * the form with the kernels of {@code cpu}.
 */
public final class StatedAttention extends PluginBase {
  @Override
  public String name() {
    return "stated";
  }

  @Override
  public Backend open(EngineContext context) {
    List<AttentionForm> forms = forms(context.options().getOrDefault("forms", ""));
    List<AttentionForm> refused = forms(context.options().getOrDefault("refuses", ""));
    Backend cpu = new CpuBackendProvider().open(DelegatingBackend.withoutOptions(context));
    return new Backend() {
      @Override
      public Set<String> ops() {
        return Set.of(MlaAttention.TYPE);
      }

      @Override
      public List<AttentionForm> attentionForms() {
        return forms;
      }

      @Override
      public Support supports(Op op) {
        return refused.contains(((MlaAttention) op).form())
            ? Support.no("not today")
            : Support.yes();
      }

      @Override
      public Kernel create(Op op, Bindings bindings) {
        return NodesKernel.of(
            SubPlan.of((MlaAttention) op), cpu, ScratchBindings.within(op, bindings, context));
      }

      @Override
      public void close() {
        cpu.close();
      }
    };
  }

  private static List<AttentionForm> forms(String text) {
    return Arrays.stream(text.toUpperCase(Locale.ROOT).split("\\+"))
        .filter(form -> !form.isEmpty())
        .map(form -> form.split("-"))
        .map(form -> new AttentionForm(InputStage.valueOf(form[0]), OutputForm.valueOf(form[1])))
        .toList();
  }

  /** Has the core write a layer down again, and keeps the sub-plan of its attention op. */
  private record SubPlan(String scope, MlaAttention op, List<Node> nodes, boolean inside)
      implements PlanBuilder {
    static List<Node> of(MlaAttention op) {
      int end = op.layer().lastIndexOf('.');
      SubPlan plan = new SubPlan(op.layer().substring(0, end), op, new ArrayList<>(), false);
      StepValue hidden =
          op.form().takes() == InputStage.HIDDEN
              ? op.query()
              : StepValue.buffer("unused", DType.F32, Rows.ALL, op.spec().hiddenSize());
      MlaLayer.add(plan, op.layer().substring(end + 1), op.spec(), op.weightsByRole(), hidden);
      return plan.nodes;
    }

    @Override
    public PlanBuilder scope(String name) {
      return new SubPlan(name(name), op, nodes, inside);
    }

    @Override
    public String name(String name) {
      return scope + "." + name;
    }

    @Override
    public CacheValue cache(String name, CacheSpec spec) {
      return op.cache();
    }

    @Override
    public WeightHandle ropeTable(RopeSpec rope) {
      return java.util.Objects.requireNonNull(op.ropeTable());
    }

    @Override
    public void add(String name, Rows rows, Op part) {
      if (inside) {
        nodes.add(new Node(name(name), op.layer(), rows, part));
      }
    }

    @Override
    public void composite(String name, Rows rows, CompositeOp whole, DefaultForward body) {
      body.contribute(new SubPlan(scope, op, nodes, true));
    }

    @Override
    public Optional<AttentionForm> attentionForm(Function<AttentionForm, CompositeOp> offer) {
      return Optional.of(op.form());
    }

    @Override
    public void layer(LayerCall call, DefaultForward defaultForward) {
      defaultForward.contribute(new SubPlan(call.layer(), op, nodes, inside));
    }
  }
}
