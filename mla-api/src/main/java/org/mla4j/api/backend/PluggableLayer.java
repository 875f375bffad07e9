package org.mla4j.api.backend;

/**
 * A whole layer as a backend runs it: an opaque node of the plan.
 *
 * <p>A layer is larger than an op: it has weights, may re-lay them out when it is created, and may
 * keep a metadata stage of its own. Lists of ops never touch it; it has its own switch, {@code
 * layer=backend}.
 */
public interface PluggableLayer extends Kernel {}
