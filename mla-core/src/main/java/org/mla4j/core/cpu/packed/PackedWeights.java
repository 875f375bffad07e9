package org.mla4j.core.cpu.packed;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.mla4j.api.backend.EngineContext;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightForm.BlockScaled;
import org.mla4j.api.weight.WeightForm.SplitProjection;
import org.mla4j.api.weight.WeightHandle;

/**
 * The packed weights of one opened backend: each weight is packed once, however many kernels share
 * it, by all threads of the engine, and read from its file without keeping it in memory.
 *
 * <p>Not packed are types without a {@linkplain PackedFormat format}, and values that a format does
 * not know, such as infinities in sixteen bits: those are for the kernels that read weights in
 * place. Weights that are computed from others are packed as F32.
 *
 * <p>Threading: filled by the thread that creates kernels, then only read.
 */
public final class PackedWeights {
  private enum Half {
    KEYS,
    VALUES
  }

  private record Entry(String name, PackedMatrix matrix, Supplier<RowSource> rows) {}

  private final Packer packer;
  private final PackedWarmUp warmUp;
  private final IdentityHashMap<WeightHandle, Optional<PackedMatrix>> whole =
      new IdentityHashMap<>();
  private final IdentityHashMap<WeightHandle, Map<Half, Optional<PackedMatrix>>> halves =
      new IdentityHashMap<>();
  private final List<Entry> entries = new ArrayList<>();

  /**
   * Makes an empty store.
   *
   * @param engine where memory and threads come from
   */
  public PackedWeights(EngineContext engine) {
    packer = new Packer(engine);
    warmUp = new PackedWarmUp(engine);
  }

  /**
   * Tells whether a weight's type can be packed.
   *
   * @param weight a matrix
   * @return false if {@link #matrix} is empty for it
   */
  public static boolean canPack(WeightHandle weight) {
    return switch (weight.form()) {
      case WeightForm.Plain _ -> PackedFormat.of(weight.dtype()).isPresent();
      case BlockScaled scaled -> ScaledRows.fits(scaled);
      case SplitProjection _, WeightForm.Computed _ -> true;
    };
  }

  /**
   * Packs a matrix.
   *
   * @param weight {@code [rows, columns]}
   * @return the matrix as one section; empty if it cannot be packed
   */
  public Optional<PackedMatrix> matrix(WeightHandle weight) {
    return whole.computeIfAbsent(
        weight,
        handle -> {
          int rows = Math.toIntExact(handle.shape().extent(0));
          int columns = Math.toIntExact(handle.shape().extent(1));
          return switch (handle.form()) {
            case WeightForm.Plain _ ->
                PackedFormat.of(handle.dtype())
                    .flatMap(format ->
                        pack(
                            handle.name(),
                            format,
                            1,
                            rows,
                            columns,
                            () -> StoredRows.of(handle, columns)));
            case BlockScaled scaled when ScaledRows.fits(scaled) ->
                pack(
                    handle.name(),
                    PackedFormat.F8,
                    1,
                    rows,
                    columns,
                    () -> new ScaledRows(scaled, columns));
            case BlockScaled _ -> Optional.empty();
            case SplitProjection _, WeightForm.Computed _ ->
                pack(
                    handle.name(),
                    PackedFormat.F32,
                    1,
                    rows,
                    columns,
                    () -> new MaterialisedRows(handle, DType.F32));
          };
        });
  }

  /**
   * Packs what absorbs queries: for each head the keys' part of the up-projection turned over.
   *
   * @param kvB the joint up-projection
   * @param shape what a head has of it
   * @return for each head a section {@code [latent, key]}; empty if it cannot be packed
   */
  public Optional<PackedMatrix> keys(WeightHandle kvB, HeadShape shape) {
    return half(
        kvB,
        Half.KEYS,
        handle -> {
          if (handle.form() instanceof SplitProjection(WeightHandle keys, _)
              && PackedFormat.of(keys.dtype()).isPresent()) {
            return packPlain(keys, shape.heads(), 0, shape.latent(), shape.latent(), shape.key());
          }
          DType dtype = isShort(handle) ? handle.dtype() : DType.F32;
          return pack(
              handle.name() + " (keys)",
              PackedFormat.of(dtype).orElseThrow(),
              shape.heads(),
              shape.latent(),
              shape.key(),
              () -> new JointRows(handle, dtype, shape, true));
        });
  }

  /**
   * Packs what projects values: for each head the values' part of the up-projection.
   *
   * @param kvB the joint up-projection
   * @param shape what a head has of it
   * @return for each head a section {@code [value, latent]}; empty if it cannot be packed
   */
  public Optional<PackedMatrix> values(WeightHandle kvB, HeadShape shape) {
    return half(
        kvB,
        Half.VALUES,
        handle -> {
          if (handle.form() instanceof SplitProjection(_, WeightHandle values)
              && PackedFormat.of(values.dtype()).isPresent()) {
            return packPlain(
                values, shape.heads(), 0, shape.value(), shape.value(), shape.latent());
          }
          if (handle.isPlain() && PackedFormat.of(handle.dtype()).isPresent()) {
            int perHead = shape.key() + shape.value();
            return packPlain(
                handle, shape.heads(), shape.key(), perHead, shape.value(), shape.latent());
          }
          return pack(
              handle.name() + " (values)",
              PackedFormat.F32,
              shape.heads(),
              shape.value(),
              shape.latent(),
              () -> new JointRows(handle, DType.F32, shape, false));
        });
  }

  private static boolean isShort(WeightHandle handle) {
    return handle.isPlain() && (handle.dtype() == DType.BF16 || handle.dtype() == DType.F16);
  }

  private Optional<PackedMatrix> half(
      WeightHandle kvB, Half half, Function<WeightHandle, Optional<PackedMatrix>> maker) {
    return halves
        .computeIfAbsent(kvB, handle -> new EnumMap<>(Half.class))
        .computeIfAbsent(half, which -> maker.apply(kvB));
  }

  private Optional<PackedMatrix> packPlain(
      WeightHandle weight, int sections, long first, long step, int rows, int columns) {
    return pack(
        weight.name(),
        PackedFormat.of(weight.dtype()).orElseThrow(),
        sections,
        rows,
        columns,
        () -> new StoredRows(weight, weight.dtype().byteCount(columns), first, step));
  }

  private Optional<PackedMatrix> pack(
      String name,
      PackedFormat format,
      int sections,
      int rows,
      int columns,
      Supplier<RowSource> source) {
    PackedMatrix matrix = new PackedMatrix(format, sections, rows, columns);
    if (!fill(name, matrix, source)) {
      return Optional.empty();
    }
    warmUp.warm(format);
    entries.add(new Entry(name, matrix, source));
    return Optional.of(matrix);
  }

  /**
   * Packs everything again, where it is.
   *
   * @throws ModelException if a weight has values now that its packed form does not know
   */
  public void reload() {
    for (Entry entry : entries) {
      if (!fill(entry.name(), entry.matrix(), entry.rows())) {
        throw new ModelException(
            ErrorCode.RELOAD_FAILED,
            "Weight '"
                + entry.name()
                + "' was reloaded with an infinity or NaN; expected finite values, as those that it"
                + " was packed with. Option repack=off of this backend takes any.");
      }
    }
  }

  private boolean fill(String name, PackedMatrix matrix, Supplier<RowSource> source) {
    try (RowSource rows = source.get()) {
      return packer.pack(name, rows, matrix);
    }
  }
}
