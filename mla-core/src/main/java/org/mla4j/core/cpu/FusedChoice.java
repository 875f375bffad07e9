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
  ALL,
  /** Those measured to be no slower than their parts one after another. */
  GAINING,
  /** None. */
  OFF;

  /** Names of ops. */
  Set<String> ops() {
    return switch (this) {
      case ALL -> Set.copyOf(FusedOp.VOCABULARY);
      case GAINING -> Set.of(FusedAddRmsNorm.TYPE, QkvAProj.TYPE, RopeConcatAndCacheMla.TYPE);
      case OFF -> Set.of();
    };
  }

  /** What users write. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
