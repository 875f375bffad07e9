/** DeepSeek-V2 and -V3 as layers put together. */
@NullMarked
package org.mla4j.models.architecture.deepseek;

import org.jspecify.annotations.NullMarked;
