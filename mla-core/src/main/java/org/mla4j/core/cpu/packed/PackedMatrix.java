package org.mla4j.core.cpu.packed;
/** x. */
public final class PackedMatrix { static final int GROUP = 16; static final int SUMMED = 16; }
