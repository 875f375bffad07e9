package org.mla4j.tck.plain;

import org.mla4j.api.backend.Bindings;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.value.CacheValue;

/** The rows of a cache, however they are stored and wherever they lie. */
interface CacheStore {
  static CacheStore of(CacheValue cache, Bindings bindings, PlainContext context) {
    return cache.spec().format() == CacheSpec.Format.FP8_DS_MLA
        ? new DsMlaStore(cache, bindings, context)
        : new CellStore(cache, bindings, context);
  }

  /** How many rows there are. */
  long slots();

  /** Elements of a row, all parts together. */
  int width();

  /** An element of a row as attention sees it, counted over all parts. */
  float get(long slot, int element);

  /** Stores one part of a row. */
  void put(long slot, int part, RowView values, long row);
}
