package org.mla4j.models.template;

/** Where something stands in a template's source; both numbers start at 1. */
record Location(int line, int column) {}
