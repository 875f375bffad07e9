package org.mla4j.api.tensor;

/**
 * A buffer that a backend's device owns. A backend implements this with whatever identifies its
 * memory.
 */
public non-sealed interface DeviceStorage extends Storage {}
