package org.mla4j.models.checkpoint;

import java.util.Optional;
import org.mla4j.api.tensor.Shape;

/**
 * A tensor as it is stored.
 *
 * @param name in the words of the file
 * @param type its element type, in the words of the format
 * @param shape its shape
 * @param file the file it is in
 * @param offset the byte of the file where it begins
 * @param bytes how many bytes it has
 * @param search finds elements that are not finite; empty if there can be none, or nobody knows
 */
record StoredTensor(
    String name,
    String type,
    Shape shape,
    MappedFile file,
    long offset,
    long bytes,
    Optional<? extends NonFiniteSearch> search) {}
