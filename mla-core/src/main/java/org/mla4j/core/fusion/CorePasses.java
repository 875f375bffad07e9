package org.mla4j.core.fusion;

import java.util.List;
import org.mla4j.api.plan.FusionPass;

/** The passes that all backends share, those that take most nodes first. */
final class CorePasses {
  static final List<FusionPass> ALL =
      List.of(
          new MlaPreprocessPass(),
          new RmsNormRopeConcatPass(),
          new RopeConcatPass(),
          new QkvAProjPass(),
          new FusedAddRmsNormPass());

  private CorePasses() {}
}
