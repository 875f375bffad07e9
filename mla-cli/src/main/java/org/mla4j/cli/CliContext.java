package org.mla4j.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a command has around it.
 *
 * @param terminal its streams
 * @param home the folder that holds {@code demo-model}; null if nobody said
 * @param running told about generations, so that the end of the process can cancel them
 */
record CliContext(Terminal terminal, @Nullable Path home, RunningGeneration running) {}
