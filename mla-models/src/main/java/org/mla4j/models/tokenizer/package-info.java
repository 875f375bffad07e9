/**
 * Tokenizers: text to ids and back, and conversations to prompts.
 *
 * <p>{@link org.mla4j.models.tokenizer.Tokenizers} opens a model's {@code tokenizer.json}; {@link
 * org.mla4j.models.tokenizer.ChatFormat} joins the tokenizer with the model's chat template. The
 * work is done by Hugging Face's tokenizers library through the native methods of {@code
 * ai.djl.huggingface:tokenizers}. Its Java side is passed by on purpose: it cuts inputs at 512
 * tokens, asks the network about the machine it runs on, and looks for GPUs in order to download
 * another build of itself.
 */
@NullMarked
package org.mla4j.models.tokenizer;

import org.jspecify.annotations.NullMarked;
