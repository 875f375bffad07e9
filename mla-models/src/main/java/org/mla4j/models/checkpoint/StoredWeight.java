package org.mla4j.models.checkpoint;

import java.util.concurrent.atomic.AtomicBoolean;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.api.weight.WeightLease;

/** A weight that lies in a mapped file as a plain tensor. */
final class StoredWeight implements WeightHandle {
  private final String name;
  private final DType dtype;
  private final Shape shape;
  private final MappedFile file;
  private final Tensor tensor;

  StoredWeight(SafetensorsHeader.Entry entry, DType dtype, MappedFile file) {
    this.name = entry.name();
    this.dtype = dtype;
    this.shape = entry.shape();
    this.file = file;
    this.tensor = Tensor.dense(dtype, shape, new HostStorage(file.segment()), entry.offset());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
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
    file.hold(name);
    AtomicBoolean open = new AtomicBoolean(true);
    return new WeightLease() {
      @Override
      public Tensor tensor() {
        return tensor;
      }

      @Override
      public void close() {
        if (open.compareAndSet(true, false)) {
          file.release();
        }
      }
    };
  }

  @Override
  public void materialise(Tensor target) {
    try (WeightLease lease = lease()) {
      Conversion.copy(name, lease.tensor(), target, Conversion.UNSCALED);
    }
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + shape;
  }
}
