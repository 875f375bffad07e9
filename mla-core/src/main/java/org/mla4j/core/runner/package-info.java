/** One model ready to run steps: plan, memory, threads. */
@NullMarked
package org.mla4j.core.runner;

import org.jspecify.annotations.NullMarked;
