package org.mla4j.tck.cases;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.tck.ConformanceSettings;

/** All cases. */
public final class Catalogue {
  private Catalogue() {}

  /** Makes the cases of a run. */
  public static List<Case> cases(ConformanceSettings settings) {
    List<Case> cases = new ArrayList<>(OpCases.cases());
    cases.addAll(ShapeCases.cases(settings));
    cases.addAll(SemanticCases.cases());
    cases.addAll(NumberCases.cases());
    cases.addAll(CacheCases.cases(settings));
    cases.addAll(AttentionCases.cases(settings));
    cases.addAll(EdgeCases.cases());
    cases.addAll(LayerCases.cases(settings));
    cases.addAll(MemoryCases.cases());
    cases.addAll(StateCases.cases());
    cases.addAll(WeightCases.cases());
    cases.addAll(CostCases.cases());
    cases.addAll(GraphCases.cases());
    cases.addAll(DeviceCases.cases());
    cases.addAll(ModelCases.cases());
    cases.addAll(ProviderCases.cases());
    cases.addAll(SupportCases.cases());
    cases.addAll(VendorCases.cases(settings));
    return cases;
  }
}
