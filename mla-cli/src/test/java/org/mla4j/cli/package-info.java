/** Tests of the mla command. */
@NullMarked
package org.mla4j.cli;

import org.jspecify.annotations.NullMarked;
