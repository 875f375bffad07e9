package org.mla4j.core.cpu.fused;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.ParallelFor;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.MlaPreprocess;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RopeConcatAndCacheMla;
import org.mla4j.api.step.Rows;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.KernelSet;
import org.mla4j.core.cpu.kernel.RowKernel;
import org.mla4j.core.cpu.kernel.TaskKernel;

/**
 * Kernels of all fused ops, made of those that another set has for their parts. What that set
 * supports of the parts, this one supports of their fusions; other ops are left to it.
 *
 * @param parts where the kernels of the parts come from
 */
public record FusedKernels(KernelSet parts) implements KernelSet {
  @Override
  public Support supports(Op op) {
    if (!(op instanceof FusedOp fused)) {
      return parts.supports(op);
    }
    List<String> reasons = new ArrayList<>();
    for (Op part : fused.parts()) {
      if (parts.supports(part) instanceof Support.No(List<String> ofPart)) {
        ofPart.forEach(reason -> reasons.add(part.type() + ": " + reason));
      }
    }
    requireOneKindOfRows(fused, reasons);
    return Support.unless(reasons);
  }

  /** Parts that take turns at a row have to mean the same row. */
  private static void requireOneKindOfRows(FusedOp op, List<String> reasons) {
    List<StepValue> values =
        switch (op) {
          case FusedAddRmsNorm fused -> List.of(fused.add().x(), fused.norm().out());
          case RopeConcatAndCacheMla fused -> List.of(fused.rope().q(), fused.concat().kvC());
          case RmsNormRopeConcatAndCacheMla fused ->
              given(fused.norm().out(), fused.rope() == null ? null : fused.rope().q());
          case MlaPreprocess fused ->
              given(fused.concat().kvC(), fused.rope() == null ? null : fused.rope().q());
          case QkvAProj _ -> List.of();
        };
    List<Rows> rows = values.stream().map(StepValue::rows).distinct().toList();
    if (rows.size() > 1) {
      List<String> found = values.stream().map(it -> it.name() + " " + it.rows()).toList();
      reasons.add("rows differ: " + String.join(", ", found) + "; expected one kind");
    }
  }

  private static List<StepValue> given(@Nullable StepValue... values) {
    return Arrays.stream(values).filter(Objects::nonNull).map(StepValue.class::cast).toList();
  }

  @Override
  public Kernel create(Op op, Bindings bindings, CpuContext context) {
    if (!(op instanceof FusedOp fused)) {
      return parts.create(op, bindings, context);
    }
    InnerValues inner = new InnerValues(fused, bindings, context);
    return switch (fused) {
      case MlaPreprocess preprocess -> preprocess(preprocess, inner, context);
      case QkvAProj both -> sideBySide(both.q(), both.kv(), inner, context);
      case FusedAddRmsNorm _, RopeConcatAndCacheMla _, RmsNormRopeConcatAndCacheMla _ ->
          rowByRow(fused.parts(), inner, context);
    };
  }

  private Kernel preprocess(MlaPreprocess op, InnerValues bindings, CpuContext context) {
    List<Kernel> kernels = new ArrayList<>();
    if (op.qA() == null) {
      kernels.add(sideBySide(op.q(), op.kvA(), bindings, context));
    } else {
      kernels.add(sideBySide(op.qA(), op.kvA(), bindings, context));
      if (op.qNorm() != null) {
        kernels.add(parts.create(op.qNorm(), bindings, context));
      }
      kernels.add(parts.create(op.q(), bindings, context));
    }
    List<Op> perToken = new ArrayList<>();
    if (op.kvNorm() != null) {
      perToken.add(op.kvNorm());
    }
    if (op.rope() != null) {
      perToken.add(op.rope());
    }
    perToken.add(op.concat());
    perToken.addAll(bindings.copiesOut());
    kernels.add(rowByRow(perToken, bindings, context));
    kernels.add(parts.create(op.absorb(), bindings, context));
    return new InTurn(kernels);
  }

  private Kernel sideBySide(Op first, Op second, Bindings bindings, CpuContext context) {
    return new SideBySide(
        (TaskKernel) parts.create(first, bindings, context),
        (TaskKernel) parts.create(second, bindings, context),
        context.engine().parallel());
  }

  private Kernel rowByRow(List<Op> ops, Bindings bindings, CpuContext context) {
    ParallelFor parallel = context.engine().parallel();
    return new RowByRow(
        ops.stream().map(op -> (RowKernel) parts.create(op, bindings, context)).toList(), parallel);
  }
}
