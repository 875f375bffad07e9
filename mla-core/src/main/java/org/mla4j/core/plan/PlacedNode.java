package org.mla4j.core.plan;

import org.mla4j.api.plan.Node;

/**
 * A node with the device it computes on.
 *
 * @param node the node
 * @param device {@code host}, or the name of the backend whose device it is
 */
public record PlacedNode(Node node, String device) {}
