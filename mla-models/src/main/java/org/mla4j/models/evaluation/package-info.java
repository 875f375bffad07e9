/** Asks a model questions whose answers are known, and counts how many it answers alike. */
@NullMarked
package org.mla4j.models.evaluation;

import org.jspecify.annotations.NullMarked;
