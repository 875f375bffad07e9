/** The cases of each rule. */
@NullMarked
package org.mla4j.tck.cases;

import org.jspecify.annotations.NullMarked;
