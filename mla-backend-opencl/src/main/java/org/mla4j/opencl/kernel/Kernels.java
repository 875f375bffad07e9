package org.mla4j.opencl.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Support;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.Add;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.CopyBlocks;
import org.mla4j.api.op.CopyTo;
import org.mla4j.api.op.Embedding;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.Op;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.RoutedExperts;
import org.mla4j.api.op.Sample;
import org.mla4j.api.op.SelectRows;
import org.mla4j.api.op.SiluAndMul;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.step.StepLimits;
import org.mla4j.opencl.device.OpenDevice;

/** Makes the kernels of one engine, and holds what they share. */
public final class Kernels implements AutoCloseable {
  /** The types of ops that there are kernels for. */
  public static final Set<String> OPS =
      Set.of(
          AbsorbQuery.TYPE,
          Add.TYPE,
          ConcatAndCacheMla.TYPE,
          CopyBlocks.TYPE,
          CopyTo.TYPE,
          Embedding.TYPE,
          GatherCache.TYPE,
          Linear.TYPE,
          MergeAttentionStates.TYPE,
          MlaContextAttention.TYPE,
          MlaDecodeAttention.TYPE,
          MlaPrefillAttention.TYPE,
          MoeGate.TYPE,
          ProjectValue.TYPE,
          RmsNorm.TYPE,
          RotaryEmbedding.TYPE,
          RoutedExperts.TYPE,
          Sample.TYPE,
          SelectRows.TYPE,
          SiluAndMul.TYPE);

  private final OpenDevice device;
  private final StepInputs inputs;
  private final DeviceWeights weights;
  private final Scratch scratch;
  private final StepLimits limits;
  private final List<Kernel> made = new ArrayList<>();

  /**
   * Makes nothing yet.
   *
   * @param context the engine
   * @param device closed after this
   */
  public Kernels(EngineContext context, OpenDevice device) {
    this.device = device;
    this.inputs = new StepInputs(context, device);
    this.weights = new DeviceWeights(device);
    this.scratch = new Scratch(device);
    this.limits = context.limits();
  }

  /** What the kernels share. */
  record Shared(
      OpenDevice device,
      StepInputs inputs,
      DeviceWeights weights,
      Scratch scratch,
      StepLimits limits) {}

  /** Tells whether there is a kernel for an op, or why not. */
  public Support supports(Op op) {
    return OpChecks.check(op, device.info());
  }

  /** Makes the kernel of a supported op; if that fails, nothing of it is left behind. */
  public Kernel create(Op op, Bindings bindings) {
    int before = device.kernels();
    try {
      Kernel kernel = make(op, bindings);
      made.add(kernel);
      return kernel;
    } catch (RuntimeException | Error e) {
      device.closeKernels(before);
      throw e;
    }
  }

  private Kernel make(Op op, Bindings bindings) {
    Shared shared = new Shared(device, inputs, weights, scratch, limits);
    return switch (op) {
      case AbsorbQuery absorb -> HeadProjectionKernel.of(absorb, bindings, shared);
      case Add add -> new AddKernel(add, bindings, shared);
      case ConcatAndCacheMla concat -> new ConcatAndCacheKernel(concat, bindings, shared);
      case CopyBlocks copy -> new CopyBlocksKernel(copy, bindings, shared);
      case CopyTo copy -> CopyToKernel.of(copy, bindings, shared);
      case Embedding embedding -> new EmbeddingKernel(embedding, bindings, shared);
      case GatherCache gather -> new GatherCacheKernel(gather, bindings, shared);
      case Linear linear -> new LinearKernel(linear, bindings, shared);
      case MergeAttentionStates merge -> new MergeStatesKernel(merge, bindings, shared);
      case MlaContextAttention attend -> new DecompressedAttentionKernel(attend, bindings, shared);
      case MlaDecodeAttention attend -> new DecodeAttentionKernel(attend, bindings, shared);
      case MlaPrefillAttention attend -> new DecompressedAttentionKernel(attend, bindings, shared);
      case MoeGate gate -> new MoeGateKernel(gate, bindings, shared);
      case ProjectValue project -> HeadProjectionKernel.of(project, bindings, shared);
      case RmsNorm norm -> new RmsNormKernel(norm, bindings, shared);
      case RotaryEmbedding rotary -> new RotaryKernel(rotary, bindings, shared);
      case RoutedExperts experts -> new RoutedExpertsKernel(experts, bindings, shared);
      case Sample sample -> new SampleKernel(sample, bindings, shared);
      case SelectRows select -> new SelectRowsKernel(select, bindings, shared);
      case SiluAndMul silu -> new SiluAndMulKernel(silu, bindings, shared);
      default -> throw new IllegalArgumentException("No kernel for '" + op.type() + "' on OpenCL.");
    };
  }

  /** Takes what kernels read of a step. */
  public void prepare(StepDescription step) {
    inputs.upload(step);
  }

  /** Takes all weights again. */
  public void reloadWeights() {
    weights.reload();
  }

  /** Closes every kernel, whether or not it was closed before. */
  @Override
  public void close() {
    made.forEach(Kernel::close);
    made.clear();
  }
}
