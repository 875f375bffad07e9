package org.mla4j.api.testing;

import org.mla4j.api.tensor.DeviceStorage;

/**
 * A buffer of a device that is not there.
 *
 * @param byteSize its size
 * @param device the device's name
 */
public record DeviceBuffer(long byteSize, String device) implements DeviceStorage {}
