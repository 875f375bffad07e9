package org.mla4j.models;

import org.mla4j.core.engine.Piece;

/**
 * One element of the answer to a conversation.
 *
 * @param token the id of the token; {@link Piece#NO_TOKEN} for a last piece that only carries text
 *     held back until the end
 * @param reasoning what became certain of the reasoning with it; possibly empty
 * @param text what became certain of the answer with it; possibly empty
 */
public record ChatPiece(int token, String reasoning, String text) {}
