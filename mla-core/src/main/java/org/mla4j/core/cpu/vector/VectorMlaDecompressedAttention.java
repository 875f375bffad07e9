package org.mla4j.core.cpu.vector;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecompressedAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.core.cpu.kernel.CpuContext;
import org.mla4j.core.cpu.kernel.StepTokens;

/**
 * {@code mla_decompressed_attention}: {@link PagedAttention} over keys and values that are made
 * anew from the cache, for decode and prefill tokens alike.
 */
final class VectorMlaDecompressedAttention implements Kernel {
  private final MlaDecompressedAttention op;
  private final Operand query;
  private final AttentionOutput output;
  private final long positions;
  private final PagedAttention attention;

  VectorMlaDecompressedAttention(
      MlaDecompressedAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    this.op = op;
    query = Operand.of(bindings.tensor(op.q()));
    output = new AttentionOutput(op.out(), null, bindings);
    int width = Math.toIntExact(op.q().rowShape().extent(1));
    int latent = Math.toIntExact(op.kvB().shape().extent(1));
    CacheRows cache = new CacheRows(bindings.cache(op.cache()), op.cache().spec());
    WeightHandle table = op.ropeTable();
    positions = table == null ? 0 : table.shape().extent(0);
    @Nullable RopeTurn turn =
        table == null
            ? null
            : new RopeTurn(
                context.weights().widened(table), op.style(), width, cache.width() - latent);
    attention =
        new PagedAttention(
            op.q().rows(),
            new QueryPanel(query, width, query, 0, turn, op.scale()),
            new DecompressedKeys(op, cache, turn, context, scratch),
            output,
            context,
            scratch);
  }

  @Override
  public String describe() {
    return getClass().getSimpleName() + ", " + op.reason();
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    query.begin(step);
    output.begin(step);
    if (op.ropeTable() != null) {
      StepTokens.requirePositions(step, op.q(), op.ropeTable(), positions);
    }
    attention.forward(step);
  }
}
