/**
 * Chat templates: the Jinja dialect in which model publishers write how a conversation becomes a
 * prompt.
 *
 * <p>{@link org.mla4j.models.template.ChatTemplate} is the entry. The interpreter behind it follows
 * Python's jinja2 in the way Hugging Face sets it up: an immutable sandbox, {@code trim_blocks} and
 * {@code lstrip_blocks} on, loop controls, and the functions {@code raise_exception} and {@code
 * strftime_now}. A prompt that differs by one space from the one a model was trained on is a worse
 * prompt, so values print as Python prints them, and whatever the interpreter does not know is an
 * error and never an empty string.
 */
@NullMarked
package org.mla4j.models.template;

import org.jspecify.annotations.NullMarked;
