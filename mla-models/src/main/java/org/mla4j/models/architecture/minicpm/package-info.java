/** MiniCPM3 as layers put together. */
@NullMarked
package org.mla4j.models.architecture.minicpm;

import org.jspecify.annotations.NullMarked;
