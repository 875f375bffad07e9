package org.mla4j.api.tensor;

/**
 * The bytes behind a tensor: memory of the host, or a buffer that a backend's device owns.
 *
 * <p>A storage is owned by whoever allocated it (an engine, a checkpoint, a backend) and outlives
 * the tensors made of it; a tensor never frees.
 */
public sealed interface Storage permits HostStorage, DeviceStorage {
  /**
   * Returns the size.
   *
   * @return bytes
   */
  long byteSize();

  /**
   * Returns the device that holds the bytes.
   *
   * @return {@code host}, or the name a backend gave to its device
   */
  String device();
}
