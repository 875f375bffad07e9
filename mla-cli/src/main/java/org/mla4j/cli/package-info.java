/** The command line. */
@NullMarked
package org.mla4j.cli;

import org.jspecify.annotations.NullMarked;
