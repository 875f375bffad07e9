/** The front door: a model in a folder, opened and answering. */
@NullMarked
package org.mla4j.models;

import org.jspecify.annotations.NullMarked;
