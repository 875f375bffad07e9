package org.mla4j.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mla4j.api.testing.Refusals.assertRefused;

import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void aScalarHasNoAxesAndOneElement() {
    assertEquals(0, Shape.of().rank());
    assertEquals(1, Shape.of().elements());
    assertEquals("[]", Shape.of().toString());
  }

  @Test
  void anExtentMayBeZeroAndThenThereAreNoElements() {
    assertEquals(0, Shape.of(3, 0, 5).elements());
  }

  @Test
  void elementsAreTheProductOfTheExtents() {
    assertEquals(3L * 1_000_000 * 1_000_000, Shape.of(3, 1_000_000, 1_000_000).elements());
  }

  @Test
  void axesCountFromTheOutermostAndNegativeOnesFromTheInnermost() {
    Shape shape = Shape.of(2, 3, 5);
    assertEquals(2, shape.extent(0));
    assertEquals(5, shape.extent(2));
    assertEquals(5, shape.extent(-1));
    assertEquals(2, shape.extent(-3));
    assertThrows(IndexOutOfBoundsException.class, () -> shape.extent(3));
    assertThrows(IndexOutOfBoundsException.class, () -> shape.extent(-4));
  }

  @Test
  void nobodyCanChangeAShape() {
    long[] extents = {2, 3};
    Shape shape = Shape.of(extents);
    extents[0] = 7;
    shape.toArray()[1] = 7;
    assertArrayEquals(new long[] {2, 3}, shape.toArray());
  }

  @Test
  void prependAddsAnOutermostAxis() {
    assertEquals(Shape.of(7, 2, 3), Shape.of(2, 3).prepend(7));
    assertEquals(Shape.of(7), Shape.of().prepend(7));
    assertRefused("Shape [-1, 2] has a negative extent. [MLA-0302]", () -> Shape.of(2).prepend(-1));
  }

  @Test
  void shapesAreComparedByTheirExtents() {
    assertEquals(Shape.of(2, 3), Shape.of(2, 3));
    assertEquals(Shape.of(2, 3).hashCode(), Shape.of(2, 3).hashCode());
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    assertNotEquals(Shape.of(6), Shape.of(2, 3));
    assertNotEquals(Shape.of(2), "[2]");
  }

  @Test
  void negativeExtentsAreRefused() {
    assertRefused("Shape [4, -2] has a negative extent. [MLA-0302]", () -> Shape.of(4, -2));
  }

  @Test
  void moreElementsThanALongCountsAreRefused() {
    assertRefused(
        "Shape [4294967296, 4294967296] has more elements than a long can count. [MLA-0302]",
        () -> Shape.of(1L << 32, 1L << 32));
  }

  @Test
  void printsItsExtents() {
    assertEquals("[33, 768]", Shape.of(33, 768).toString());
  }
}
