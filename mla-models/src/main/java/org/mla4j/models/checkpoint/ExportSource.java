package org.mla4j.models.checkpoint;

import java.util.List;
import java.util.Map;

/** An open model as a GGUF file shall have it, whatever it comes from. */
interface ExportSource extends AutoCloseable {
  /** All metadata but those that depend on the types of tensors. */
  Map<String, Object> metadata();

  /** All tensors, in the order in which they are to be written. */
  List<ExportTensor> tensors();

  /** Names of tensors that have no place in the file. */
  List<String> leftOut();

  /** What the file says otherwise than this. */
  List<String> remarks();

  @Override
  void close();
}
