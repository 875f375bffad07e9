package org.mla4j.models.template;

import org.mla4j.models.template.Value.Integral;
import org.mla4j.models.template.Value.Numeric;

/** Equality over all kinds of numbers: {@code 1 == 1.0 == True}. */
final class Numbers {

  private Numbers() {}

  static boolean same(Numeric left, Numeric right) {
    if (left instanceof Integral a && right instanceof Integral b) {
      return a.asLong() == b.asLong();
    }
    return left.asDouble() == right.asDouble();
  }

  static int hash(Numeric number) {
    if (number instanceof Integral integral) {
      return Long.hashCode(integral.asLong());
    }
    double value = number.asDouble();
    return value == (long) value ? Long.hashCode((long) value) : Double.hashCode(value);
  }
}
