package org.mla4j.core.cpu;

import java.util.Locale;
import java.util.Set;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.FusedOp;
import org.mla4j.api.op.QkvAProj;
import org.mla4j.api.op.RopeConcatAndCacheMla;

/** Which fused ops the {@code cpu} backend says it has. */
enum FusedChoice {
  /** All it has kernels for, so that every fusion can be seen at work on any machine. */
  ALL(Set.copyOf(FusedOp.VOCABULARY)),
  /** Those measured to be no slower than their parts one after another. */
  GAINING(Set.of(FusedAddRmsNorm.TYPE, QkvAProj.TYPE, RopeConcatAndCacheMla.TYPE)),
  /** None. */
  OFF(Set.of());

  private final Set<String> ops;

  FusedChoice(Set<String> ops) {
    this.ops = ops;
  }

  /** Names of ops. */
  Set<String> ops() {
    return ops;
  }

  /** What users write. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
