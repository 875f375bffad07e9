package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.mla4j.api.backend.ProgressListener;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.tensor.DType;

/**
 * Writes a model to a GGUF file that llama.cpp reads, too: from a folder of one of the
 * architectures that it knows, or from another GGUF file. Made by a {@link Builder}.
 *
 * <p>Matrices are stored in the type that was chosen. Norms, biases, routers and factors of the
 * rope stay F32; rows that are no whole number of blocks become BF16, which the report lists. What
 * is stored in the wanted type already is copied. Layers for multi-token prediction are left out.
 *
 * <p>Threading: used by one thread.
 */
public final class GgufExport {
  private static final Set<DType> TYPES =
      Set.of(DType.F32, DType.BF16, DType.F16, DType.Q8_0, DType.Q4_0);

  private final Path model;
  private final DType type;
  private final boolean splitLatent;
  private final Map<String, Object> metadata;
  private final ProgressListener progress;

  private GgufExport(Builder builder) {
    this.model = builder.model;
    this.type = builder.type;
    this.splitLatent = builder.splitLatent;
    this.metadata = new LinkedHashMap<>(builder.metadata);
    this.progress = builder.progress;
  }

  /**
   * What was written.
   *
   * @param file the file
   * @param bytes its size
   * @param tensors how many tensors it has
   * @param unblocked tensors that are BF16 since their rows are no whole number of blocks
   * @param leftOut tensors of the source that have no place in the file
   * @param remarks what the file says otherwise than the source, as sentences without a period
   */
  public record Report(
      Path file,
      long bytes,
      int tensors,
      List<String> unblocked,
      List<String> leftOut,
      List<String> remarks) {
    /** Copies the lists. */
    public Report {
      unblocked = List.copyOf(unblocked);
      leftOut = List.copyOf(leftOut);
      remarks = List.copyOf(remarks);
    }
  }

  /**
   * Starts with the defaults: BF16, halves of the latent's projection apart.
   *
   * @param model a folder; or a GGUF file, of a split model the first
   * @return the builder
   */
  public static Builder of(Path model) {
    return new Builder(model);
  }

  /**
   * Writes the file, in place of one of this name; it appears only when it is complete.
   *
   * @param file where to
   * @return what was written
   * @throws org.mla4j.api.error.ModelException if the source is malformed, its architecture has no
   *     name in llama.cpp, or the format cannot say what its configuration says
   * @throws InvalidInputException if a value is beyond the range of the type, or the file cannot be
   *     written
   */
  public Report write(Path file) {
    try (ExportSource source =
        GgufFile.isMeantBy(model) ? GgufCopy.open(model) : FolderExport.open(model, splitLatent)) {
      GgufWriter writer = new GgufWriter();
      source.metadata().forEach(writer::metadata);
      writer.metadata("general.file_type", GgufExportTypes.fileType(type));
      if (type.isBlockType()) {
        writer.metadata("general.quantization_version", GgufExportTypes.QUANTIZATION_VERSION);
      }
      metadata.forEach(writer::metadata);
      List<String> remarks = new ArrayList<>(source.remarks());
      keepStops(source.metadata(), writer, remarks);
      List<String> unblocked = new ArrayList<>();
      List<ExportTensor> tensors = source.tensors();
      for (ExportTensor tensor : tensors) {
        DType stored = GgufExportTypes.of(tensor, type);
        if (stored != type && stored == DType.BF16) {
          unblocked.add(tensor.name());
        }
        tensor.addTo(writer, stored);
      }
      long bytes = writer.write(file, progress);
      return new Report(file, bytes, tensors.size(), unblocked, source.leftOut(), remarks);
    }
  }

  /**
   * Texts may end with another token than answers: where the tokenizer's takes the first place,
   * what ends answers moves on to the others.
   */
  private void keepStops(Map<String, Object> source, GgufWriter writer, List<String> remarks) {
    String first = GgufDecoder.STOPS.getFirst();
    if (!metadata.containsKey(first)) {
      return;
    }
    Set<Object> stops = new LinkedHashSet<>();
    stops.add(metadata.get(first));
    GgufDecoder.STOPS.stream().map(source::get).filter(Objects::nonNull).forEach(stops::add);
    List<Object> all = List.copyOf(stops);
    for (int i = 0; i < Math.min(all.size(), GgufDecoder.STOPS.size()); i++) {
      writer.metadata(GgufDecoder.STOPS.get(i), all.get(i));
    }
    if (all.size() > GgufDecoder.STOPS.size()) {
      remarks.add(
          "of the stop tokens "
              + all
              + " only the first "
              + GgufDecoder.STOPS.size()
              + " are kept");
    }
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private final Path model;
    private DType type = DType.BF16;
    private boolean splitLatent = true;
    private Map<String, Object> metadata = Map.of();
    private ProgressListener progress = ProgressListener.NONE;

    private Builder(Path model) {
      this.model = model;
    }

    /**
     * Sets the type of matrices.
     *
     * @param chosen F32, BF16, F16, Q8_0 or Q4_0
     * @return this builder
     * @throws InvalidInputException if it is another
     */
    public Builder type(DType chosen) {
      if (!TYPES.contains(chosen)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Weights cannot be stored as " + chosen + "; expected F32, BF16, F16, Q8_0 or Q4_0.");
      }
      type = chosen;
      return this;
    }

    /**
     * Sets whether the projection from the latent is written as two tensors, as llama.cpp wants it
     * since 2025, or as the one that it is in a folder. A GGUF file is copied as it is.
     *
     * @param split true for {@code attn_k_b} and {@code attn_v_b}
     * @return this builder
     */
    public Builder splitLatent(boolean split) {
      splitLatent = split;
      return this;
    }

    /**
     * Sets metadata besides those of the model itself, which win over the source's: those of the
     * tokenizer, say.
     *
     * @param values of the classes that {@link GgufWriter#metadata} takes, by key
     * @return this builder
     */
    public Builder metadata(Map<String, Object> values) {
      metadata = values;
      return this;
    }

    /**
     * Sets who is told how far the writing is.
     *
     * @param listener nobody by default
     * @return this builder
     */
    public Builder progress(ProgressListener listener) {
      progress = listener;
      return this;
    }

    /**
     * Makes the export.
     *
     * @return the export
     */
    public GgufExport build() {
      return new GgufExport(this);
    }
  }
}
