/** Weight handles: how a layer or an op gets the numbers of a checkpoint. */
@NullMarked
package org.mla4j.api.weight;

import org.jspecify.annotations.NullMarked;
