package org.mla4j.core.cpu.vector;

import org.jspecify.annotations.Nullable;
import org.mla4j.api.backend.Bindings;
import org.mla4j.api.backend.Kernel;
import org.mla4j.api.backend.Queue;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.step.StepDescription;
import org.mla4j.core.cpu.kernel.CpuContext;

/**
 * {@code mla_decode_attention}: {@link PagedAttention} with one key for all heads, whose start is
 * the value.
 */
final class VectorDecodeAttention implements Kernel {
  private final Operand latent;
  private final @Nullable Operand rope;
  private final AttentionOutput output;
  private final PagedAttention attention;

  VectorDecodeAttention(
      MlaDecodeAttention op, Bindings bindings, CpuContext context, Scratch scratch) {
    latent = Operand.of(bindings.tensor(op.qLatent()));
    rope = op.qPe() == null ? null : Operand.of(bindings.tensor(op.qPe()));
    output = new AttentionOutput(op.oLatent(), op.lse(), bindings);
    int ropeWidth = op.qPe() == null ? 0 : Math.toIntExact(op.qPe().rowShape().extent(1));
    int latentWidth = output.width();
    CacheRows cache = new CacheRows(bindings.cache(op.cache()), op.cache().spec());
    attention =
        new PagedAttention(
            op.qLatent().rows(),
            new QueryPanel(
                latent, latentWidth, rope == null ? latent : rope, ropeWidth, null, op.scale()),
            new CachedKeys(cache, 1, latentWidth + ropeWidth, 0),
            output,
            context,
            scratch);
  }

  @Override
  public void forward(StepDescription step, Queue queue) {
    latent.begin(step);
    if (rope != null) {
      rope.begin(step);
    }
    output.begin(step);
    attention.forward(step);
  }
}
