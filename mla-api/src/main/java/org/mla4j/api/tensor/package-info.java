/** Values: element types, shapes, storage and tensors. */
@NullMarked
package org.mla4j.api.tensor;

import org.jspecify.annotations.NullMarked;
