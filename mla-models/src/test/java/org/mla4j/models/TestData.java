package org.mla4j.models;

import java.nio.file.Path;
import java.util.Objects;

/** Where the data of the tests lies. */
public final class TestData {
  private TestData() {}

  /** The root of the repository. */
  public static Path repository() {
    String given = System.getProperty("mla.repository");
    Path root = given == null ? Path.of("").toAbsolutePath() : Path.of(given);
    while (!root.resolve("testdata").toFile().isDirectory()) {
      root = Objects.requireNonNull(root.getParent(), "no folder above has testdata/");
    }
    return root;
  }

  /** A checkpoint with recorded outputs. */
  public static Path golden(String name) {
    return repository().resolve("testdata/golden").resolve(name);
  }

  /** The demo model. */
  public static Path demoModel() {
    return repository().resolve("demo-model");
  }
}
