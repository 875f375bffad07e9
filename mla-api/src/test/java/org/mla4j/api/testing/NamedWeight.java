package org.mla4j.api.testing;

import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/** A weight that has a name and a shape and no numbers: the contracts look at nothing else. */
public final class NamedWeight implements WeightHandle {
  private final String name;
  private final Shape shape;

  private NamedWeight(String name, Shape shape) {
    this.name = name;
    this.shape = shape;
  }

  public static NamedWeight of(String name, long... extents) {
    return new NamedWeight(name, Shape.of(extents));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.BF16;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public boolean isPlain() {
    return true;
  }

  @Override
  public WeightLease lease() {
    throw new AssertionError("a contract read the weight '" + name + "'");
  }

  @Override
  public void materialise(Tensor target) {
    throw new AssertionError("a contract read the weight '" + name + "'");
  }

  @Override
  public String toString() {
    return name;
  }
}
