package org.mla4j.models;

import org.mla4j.core.engine.GenerationResult;

/**
 * The whole answer to a conversation.
 *
 * @param reasoning what the model thought before, without tags and without white space around;
 *     empty if it did not think aloud
 * @param text what it says; empty if it was cut off while it thought
 * @param generation tokens, finish reason and times; its text is as the model wrote it, with the
 *     tags
 */
public record ChatAnswer(String reasoning, String text, GenerationResult generation) {}
