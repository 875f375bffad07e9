/** The rules that the whole project keeps, as tests. */
@NullMarked
package org.mla4j.architecture;

import org.jspecify.annotations.NullMarked;
