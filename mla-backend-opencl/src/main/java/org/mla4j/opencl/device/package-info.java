/**
 * The device: finding it, its memory, its queue, its compiled programs; every handle is counted.
 */
@NullMarked
package org.mla4j.opencl.device;

import org.jspecify.annotations.NullMarked;
