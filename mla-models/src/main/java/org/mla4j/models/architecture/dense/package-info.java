/** Dense decoders with grouped-query attention: Llama, Qwen2, Qwen2.5 and Qwen3. */
@NullMarked
package org.mla4j.models.architecture.dense;

import org.jspecify.annotations.NullMarked;
