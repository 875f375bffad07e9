/** GLM-4.7-Flash as layers put together. */
@NullMarked
package org.mla4j.models.architecture.glm;

import org.jspecify.annotations.NullMarked;
