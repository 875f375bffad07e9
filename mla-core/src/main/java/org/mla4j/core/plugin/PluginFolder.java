package org.mla4j.core.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;

/**
 * All jars of a folder as one class loader: give it to the options that take a {@code pluginLoader}
 * and what the jars provide under {@code META-INF/services} is found beside what the application
 * has.
 *
 * <p>The folder is listed once. A jar that cannot be read hides no other: it is left out, and
 * listed with the reason among the {@linkplain org.mla4j.core.runner.Diagnostics backends found}.
 * Ownership: whoever opened it closes it, after the engines and models that it was given to.
 * Threading: safe to share.
 */
public final class PluginFolder extends URLClassLoader {
  private static final String ENDING = ".jar";

  private final List<UnreadableJar> unreadable;

  /**
   * A jar that was left out.
   *
   * @param file the jar
   * @param reason why it cannot be read
   */
  public record UnreadableJar(Path file, String reason) {}

  private PluginFolder(URL[] jars, ClassLoader parent, List<UnreadableJar> unreadable) {
    super("plugins", jars, parent);
    this.unreadable = List.copyOf(unreadable);
  }

  /**
   * Opens a folder.
   *
   * @param folder holds files {@code *.jar}; folders in it are not searched
   * @param parent sees MLA4J and whatever else plug-ins may use: the application's own loader
   * @return the loader
   * @throws InvalidInputException if it is missing, no folder, cannot be read or has no jar
   */
  public static PluginFolder open(Path folder, ClassLoader parent) {
    List<URL> readable = new ArrayList<>();
    List<UnreadableJar> unreadable = new ArrayList<>();
    for (Path jar : jars(folder)) {
      try (ZipFile _ = new ZipFile(jar.toFile())) {
        readable.add(url(jar));
      } catch (IOException e) {
        unreadable.add(new UnreadableJar(jar, "cannot be read as a jar: " + e.getMessage()));
      }
    }
    return new PluginFolder(readable.toArray(URL[]::new), parent, unreadable);
  }

  /**
   * Tells whether there is something to open.
   *
   * @param folder may be missing
   * @return true if it is a folder with at least one file {@code *.jar}
   * @throws InvalidInputException if it is there and is no folder or cannot be read
   */
  public static boolean hasJars(Path folder) {
    return Files.exists(folder) && !list(folder).isEmpty();
  }

  /**
   * Returns what was left out.
   *
   * @return by name, with the reasons
   */
  public List<UnreadableJar> unreadable() {
    return unreadable;
  }

  /** Closes the jars. Calling it twice does no harm. */
  @Override
  public void close() {
    try {
      super.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> jars(Path folder) {
    if (!Files.exists(folder)) {
      throw refused(folder, "does not exist");
    }
    List<Path> jars = list(folder);
    if (jars.isEmpty()) {
      throw refused(folder, "has no file *" + ENDING);
    }
    return jars;
  }

  /** In the order of their names, so that what shadows what does not depend on the disk. */
  private static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw refused(folder, "is no folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(ENDING) && Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidInputException(
          ErrorCode.INVALID_REQUEST, problem(folder, "cannot be read (" + e + ")"), e);
    }
  }

  private static InvalidInputException refused(Path folder, String problem) {
    return new InvalidInputException(ErrorCode.INVALID_REQUEST, problem(folder, problem));
  }

  private static String problem(Path folder, String problem) {
    return "Plug-in folder '" + folder + "' " + problem + "; expected a folder with plug-in jars.";
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException("No URL for the file '" + jar + "'.", e);
    }
  }
}
