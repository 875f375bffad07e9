package org.mla4j.api.layer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.layer.MlaWeights.Projection;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.spec.RopeSpec;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.InputValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.api.value.Value;
import org.mla4j.api.weight.WeightHandle;

/** Refuses parts of a layer that do not fit its spec. */
final class LayerParts {
  private LayerParts() {}

  /** A weight is there, or not, as the spec wants it. */
  static void presence(
      String layer, String role, @Nullable Object given, boolean expected, String reason) {
    if ((given != null) != expected) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC,
          layer
              + ": weight '"
              + role
              + "' is "
              + (given == null ? "missing" : "given")
              + "; expected it to be "
              + (expected ? "given" : "absent")
              + ", since "
              + reason
              + ".");
    }
  }

  /** A matrix {@code [out, in]} and its bias {@code [out]}, as far as they are given. */
  static void projection(
      String layer, @Nullable Projection projection, String symbols, long out, long in) {
    if (projection != null) {
      tensor(layer, projection.weight(), symbols, out, in);
      if (projection.bias() != null) {
        String rows = symbols.substring(0, symbols.lastIndexOf(',')) + "]";
        tensor(layer, projection.bias(), rows, out);
      }
    }
  }

  /** A vector, if it is given. */
  static void vector(String layer, @Nullable WeightHandle handle, String symbols, long width) {
    if (handle != null) {
      tensor(layer, handle, symbols, width);
    }
  }

  static void tensor(String layer, WeightHandle handle, String symbols, long... extents) {
    Shape expected = Shape.of(extents);
    if (!handle.shape().equals(expected)) {
      throw new ModelException(
          ErrorCode.WRONG_SHAPE,
          layer
              + ": tensor '"
              + handle.name()
              + "': expected "
              + symbols
              + " = "
              + expected
              + ", found "
              + handle.shape()
              + ".");
    }
  }

  /** A rope and its table go together, and the table is as wide as what it turns. */
  static void rope(String layer, @Nullable RopeSpec rope, @Nullable WeightHandle table, int width) {
    if ((rope == null) != (table == null)) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC,
          layer + ": rope and its table go together; found " + rope + " and " + table + ".");
    }
    if (table != null) {
      Shape shape = table.shape();
      require(
          layer,
          "rope table is " + shape,
          shape.rank() == 2 && shape.extent(1) == width,
          "[positions, " + width + "]");
    }
  }

  /** A value is F32 and has rows of so many elements. */
  static void rows(String layer, String part, StepValue value, int width) {
    require(
        layer,
        part + " is " + value,
        value.dtype() == DType.F32 && value.rowWidth() == width,
        "F32 rows of " + width + " elements");
  }

  static void cache(String layer, CacheValue cache, CacheSpec expected) {
    require(
        layer, "cache holds " + cache.spec(), cache.spec().equals(expected), expected.toString());
  }

  private static void require(String layer, String found, boolean holds, String expected) {
    if (!holds) {
      throw new InvalidInputException(
          ErrorCode.INVALID_SPEC, layer + ": " + found + "; expected " + expected + ".");
    }
  }

  /** What an attention layer reads of a step, besides its weights. */
  static List<Value> reads(StepValue hidden, CacheValue cache) {
    return List.of(
        hidden,
        cache,
        InputValue.POSITIONS,
        InputValue.SLOT_MAPPING,
        InputValue.BLOCK_TABLES,
        InputValue.QUERY_START);
  }

  /** Weights, and the rope table where there is one. */
  static List<WeightHandle> weights(List<WeightHandle> handles, @Nullable WeightHandle ropeTable) {
    if (ropeTable == null) {
      return handles;
    }
    List<WeightHandle> all = new ArrayList<>(handles);
    all.add(ropeTable);
    return List.copyOf(all);
  }
}
