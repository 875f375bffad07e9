/** What ops run in: memory full of poison, an engine that counts, threads, comparison. */
@NullMarked
package org.mla4j.tck.harness;

import org.jspecify.annotations.NullMarked;
