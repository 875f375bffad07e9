package org.mla4j.models.checkpoint;

import java.util.List;
import java.util.Set;
import org.mla4j.api.weight.WeightHandle;

/** The mapped files that a checkpoint's weights lie in, whatever their format. */
interface WeightFiles extends AutoCloseable {
  /** The names that architectures ask for, in the order of the files. */
  Set<String> names();

  /**
   * A new handle for a weight.
   *
   * @param name one of {@link #names}
   * @throws org.mla4j.api.error.ModelException if its element type cannot be read
   */
  WeightHandle handle(String name);

  /** All tensors as they are stored, in the order of the files. */
  List<StoredTensor> stored();

  /** Bytes of all files together. */
  long byteSize();

  /** Unmaps the files as soon as no lease is left. */
  @Override
  void close();
}
