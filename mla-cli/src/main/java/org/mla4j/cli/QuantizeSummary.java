package org.mla4j.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.mla4j.api.tensor.DType;
import org.mla4j.models.checkpoint.GgufExport;

/**
 * What {@code mla quantize} wrote, as {@code --json} has it.
 *
 * @param file the file
 * @param bytes its size
 * @param tensors how many tensors it has
 * @param type type of its matrices
 * @param bf16 tensors that are BF16 since their rows are no whole number of blocks
 * @param leftOut tensors of the source that are not in the file
 * @param remarks what the file says otherwise than the source
 */
record QuantizeSummary(
    String file,
    long bytes,
    int tensors,
    DType type,
    List<String> bf16,
    List<String> leftOut,
    List<String> remarks) {
  static QuantizeSummary of(GgufExport.Report report, DType type) {
    return new QuantizeSummary(
        report.file().toString(),
        report.bytes(),
        report.tensors(),
        type,
        report.unblocked(),
        report.leftOut(),
        report.remarks());
  }

  /** For people: one line, and one more for each thing that is not as it was asked for. */
  String text() {
    return "Wrote "
        + tensors
        + " tensors, matrices as "
        + type
        + ", "
        + bytes
        + " bytes: "
        + file
        + lines("Kept as BF16, rows no multiple of " + type.blockElements(), bf16)
        + lines("Left out", leftOut)
        + lines("Not exactly as in the source", remarks);
  }

  private static String lines(String heading, List<String> items) {
    return items.isEmpty()
        ? ""
        : items.stream()
            .collect(
                Collectors.joining("\n  ", "\n" + heading + " (" + items.size() + "):\n  ", ""));
  }
}
