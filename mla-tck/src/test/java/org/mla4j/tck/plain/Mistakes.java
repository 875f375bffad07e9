package org.mla4j.tck.plain;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** The mistakes that one backend makes; usually none. */
final class Mistakes {
  private final Set<Mistake> made;

  private Mistakes(Set<Mistake> made) {
    this.made = made;
  }

  static Mistakes of(Mistake... made) {
    Set<Mistake> set = EnumSet.noneOf(Mistake.class);
    set.addAll(Arrays.asList(made));
    return new Mistakes(set);
  }

  boolean include(Mistake mistake) {
    return made.contains(mistake);
  }
}
