package org.mla4j.models.checkpoint;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.weight.WeightHandle;

/**
 * The tensors of a GGUF file under the names of the Hugging Face Hub: experts one by one, halves of
 * the latent's projection joined, rows of {@code llama} in their first order.
 */
final class GgufWeights implements WeightFiles {
  private static final String HALF_OF_KEYS = "attn_k_b.weight";
  private static final String HALF_OF_VALUES = "attn_v_b.weight";
  private static final String JOINED = "attn_kv_b.weight";

  /** Each gets names of its own, so that there must not be as many as a tensor has elements. */
  private static final int MAX_EXPERTS = 1 << 16;

  private final GgufFile file;
  private final GgufArchitecture architecture;
  private final Map<String, Function<String, WeightHandle>> makers = new LinkedHashMap<>();

  private GgufWeights(GgufFile file, GgufArchitecture architecture) {
    this.file = file;
    this.architecture = architecture;
  }

  static GgufWeights open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      GgufWeights weights = new GgufWeights(file, GgufArchitectures.of(file));
      file.tensors().values().forEach(weights::add);
      return weights;
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(makers.keySet());
  }

  @Override
  public WeightHandle handle(String name) {
    return Objects.requireNonNull(makers.get(name), name).apply(name);
  }

  @Override
  public List<StoredTensor> stored() {
    return file.tensors().values().stream().map(GgufWeights::describe).toList();
  }

  @Override
  public long byteSize() {
    return file.byteSize();
  }

  @Override
  public void close() {
    file.close();
  }

  private void add(GgufTensor tensor) {
    GgufNames names = architecture.names();
    Optional<String> name = names.huggingFace(tensor.name());
    boolean experts = names.huggingFaceExpert(tensor.name(), 0).isPresent();
    if (name.isPresent()) {
      makers.put(name.get(), wanted -> whole(tensor, wanted));
    } else if (experts) {
      addExperts(tensor);
    } else if (isHalf(tensor)) {
      addHalf(tensor);
    } else if (!names.isSetting(tensor.name())) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE,
          tensor.file().path()
              + ": tensor '"
              + tensor.name()
              + "' has no place in a model of architecture '"
              + architecture.name()
              + "'; expected none that would be left out.");
    }
  }

  private void addExperts(GgufTensor tensor) {
    if (tensor.shape().rank() != 3 || tensor.shape().elements() == 0) {
      throw wrongShape(tensor, "[experts, rows, columns]");
    }
    long experts = tensor.shape().extent(0);
    long counted = file.metadata().integer(architecture.name() + ".expert_count").orElse(0);
    if (experts != counted || experts > MAX_EXPERTS) {
      throw wrongShape(
          tensor, "[expert_count = " + counted + ", at most " + MAX_EXPERTS + ", rows, columns]");
    }
    for (long i = 0; i < experts; i++) {
      long expert = i;
      makers.put(
          architecture.names().huggingFaceExpert(tensor.name(), expert).orElseThrow(),
          wanted -> expert(tensor, expert, wanted));
    }
  }

  /** Some files have the joined projection as well; it is as good, and can be read in place. */
  private void addHalf(GgufTensor tensor) {
    boolean ofKeys = tensor.name().endsWith(HALF_OF_KEYS);
    String layer = tensor.name().substring(0, tensor.name().length() - HALF_OF_KEYS.length());
    String other = layer + (ofKeys ? HALF_OF_VALUES : HALF_OF_KEYS);
    if (file.tensors().containsKey(layer + JOINED)) {
      return;
    }
    GgufTensor found = file.tensors().get(other);
    if (found == null) {
      throw new ModelException(
          ErrorCode.MISSING_TENSOR,
          tensor.file().path()
              + ": tensor '"
              + other
              + "' is missing; expected it beside '"
              + tensor.name()
              + "'.");
    }
    GgufTensor keys = ofKeys ? tensor : found;
    GgufTensor values = ofKeys ? found : tensor;
    if (keys.shape().rank() != 3 || !isOfArrays(keys)) {
      throw wrongShape(keys, "[heads, rank of the latent, length of a key]");
    }
    long heads = keys.shape().extent(0);
    long rank = keys.shape().extent(1);
    if (values.shape().rank() != 3
        || !isOfArrays(values)
        || values.shape().extent(0) != heads
        || values.shape().extent(2) != rank) {
      throw wrongShape(
          values, "[heads = " + heads + ", length of a value, rank of the latent = " + rank + "]");
    }
    makers.put(
        architecture.names().huggingFace(layer + JOINED).orElseThrow(),
        wanted ->
            new JoinedProjection(wanted, stored(keys, keys.name()), stored(values, values.name())));
  }

  /** Whether there is something of each head, and an array can hold it. */
  private static boolean isOfArrays(GgufTensor tensor) {
    return tensor.shape().elements() > 0
        && tensor.shape().elements() / tensor.shape().extent(0) <= Integer.MAX_VALUE
        && tensor.shape().extent(0) <= Integer.MAX_VALUE;
  }

  private boolean isHalf(GgufTensor tensor) {
    String name = tensor.name();
    return (name.endsWith(HALF_OF_KEYS) || name.endsWith(HALF_OF_VALUES))
        && architecture
            .names()
            .huggingFace(name.substring(0, name.length() - HALF_OF_KEYS.length()) + JOINED)
            .isPresent();
  }

  private WeightHandle whole(GgufTensor tensor, String name) {
    StoredWeight stored = stored(tensor, name);
    if (architecture != GgufQwen.LLAMA) {
      return stored;
    }
    String prefix = architecture.name() + ".attention.";
    return name.endsWith("q_proj.weight")
        ? turned(stored, prefix + "head_count")
        : name.endsWith("k_proj.weight") ? turned(stored, prefix + "head_count_kv") : stored;
  }

  private WeightHandle turned(StoredWeight stored, String key) {
    long all = file.metadata().integer("llama.attention.head_count").orElse(0);
    long heads = file.metadata().integer(key).orElse(all);
    Shape shape = stored.shape();
    if (heads < 1 || shape.rank() != 2 || shape.extent(0) % (2 * heads) != 0) {
      throw file.metadata()
          .refused(
              key, Long.toString(heads), "a number of heads that divides the rows of " + stored);
    }
    return new HalvedRows(stored, heads);
  }

  private static StoredWeight expert(GgufTensor tensor, long index, String name) {
    DType dtype = tensor.dtype();
    Shape part = Shape.of(tensor.shape().extent(1), tensor.shape().extent(2));
    long skipped = dtype.byteCount(index * part.elements());
    return new StoredWeight(name, dtype, part, tensor.file(), tensor.offset() + skipped);
  }

  /** A tensor as it lies in the file, under any name. */
  static StoredWeight stored(GgufTensor tensor, String name) {
    return new StoredWeight(name, tensor.dtype(), tensor.shape(), tensor.file(), tensor.offset());
  }

  private static StoredTensor describe(GgufTensor tensor) {
    Optional<DType> dtype = tensor.type().flatMap(GgufType::dtype);
    return new StoredTensor(
        tensor.name(),
        tensor.typeName(),
        tensor.shape(),
        tensor.file(),
        tensor.offset(),
        dtype.isEmpty() ? 0 : dtype.get().byteCount(tensor.shape().elements()),
        dtype.flatMap(GgufWeights::search));
  }

  private static Optional<NonFiniteSearch> search(DType dtype) {
    return switch (dtype) {
      case F32 -> Optional.of(NonFiniteBits.F32);
      case F16 -> Optional.of(NonFiniteBits.F16);
      case BF16 -> Optional.of(NonFiniteBits.BF16);
      default -> dtype.isBlockType() ? Optional.of(new NonFiniteScales(dtype)) : Optional.empty();
    };
  }

  private static ModelException wrongShape(GgufTensor tensor, String expected) {
    return new ModelException(
        ErrorCode.WRONG_SHAPE,
        tensor.file().path()
            + ": tensor '"
            + tensor.name()
            + "': expected "
            + expected
            + ", found "
            + tensor.shape()
            + ".");
  }
}
