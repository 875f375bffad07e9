/**
 * A DeepSeek decoder once more, as plain loops over binary64: what the library computes is compared
 * with it. It reads files by itself and shares no arithmetic with the library.
 */
@NullMarked
package org.mla4j.models.oracle;

import org.jspecify.annotations.NullMarked;
