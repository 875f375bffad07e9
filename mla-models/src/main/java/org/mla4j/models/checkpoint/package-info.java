/**
 * Checkpoints as the Hugging Face Hub ships them: memory-mapped safetensors with their
 * configuration files.
 */
@NullMarked
package org.mla4j.models.checkpoint;

import org.jspecify.annotations.NullMarked;
