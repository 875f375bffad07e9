package org.mla4j.core.plan;

import java.util.List;
import org.mla4j.api.diagnosis.Explanation.Declined;
import org.mla4j.api.plan.Node;

/**
 * A node with who runs it.
 *
 * @param node the node
 * @param backend who runs it
 * @param declined who was asked before
 */
record PlannedNode(Node node, OpenBackend backend, List<Declined> declined) {}
