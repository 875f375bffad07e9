package org.mla4j.core.plan;

import org.mla4j.api.value.StepValue;

/**
 * A buffer of a plan on one device. A buffer that several devices need has a place on each, and
 * {@code copy_to} nodes between them.
 *
 * @param root a value that is no view
 * @param device {@code host}, or the name of the backend whose device it is
 */
public record Place(StepValue root, String device) {}
