/** The conformance kit of backends: rules, their cases, and the class that a vendor extends. */
@NullMarked
package org.mla4j.tck;

import org.jspecify.annotations.NullMarked;
