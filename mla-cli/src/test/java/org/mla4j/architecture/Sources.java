package org.mla4j.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The repository that the classes were made from. */
final class Sources {
  private Sources() {}

  /** The folders of all modules that have a module descriptor. */
  static List<Path> modules() {
    Path root = Path.of(System.getProperty("mla.repository", ".."));
    try (Stream<Path> folders = Files.list(root)) {
      return folders.filter(folder -> Files.isRegularFile(descriptor(folder))).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path descriptor(Path module) {
    return module.resolve("src/main/java/module-info.java");
  }

  /** The Java files of a module's main code. */
  static List<Path> java(Path module) {
    try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
