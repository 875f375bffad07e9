/** Qwen2, Qwen2.5 and Qwen3, dense, as layers put together. */
@NullMarked
package org.mla4j.models.architecture.qwen;

import org.jspecify.annotations.NullMarked;
