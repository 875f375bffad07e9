package org.mla4j.models.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.error.ModelException;

/** The program that {@link NativeLibraryTest} starts in a JVM of its own. It writes one line. */
final class NativeLibraryChild {

  private NativeLibraryChild() {}

  /**
   * Opens a tokenizer.
   *
   * @param arguments {@code open} to say how that went, or {@code properties} to list the system
   *     properties that changed; then the cache folder and the tokenizer's folder
   */
  public static void main(String[] arguments) {
    Properties before = (Properties) System.getProperties().clone();
    String result = open(Path.of(arguments[1]), Path.of(arguments[2]));
    if (arguments[0].equals("properties")) {
      Set<Object> changed =
          new TreeSet<>(System.getProperties().entrySet().stream().map(Object::toString).toList());
      before.entrySet().forEach(entry -> changed.remove(entry.toString()));
      result = changed.toString();
    }
    System.out.writeBytes((result + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static String open(Path cacheFolder, Path folder) {
    TokenizerOptions options = TokenizerOptions.defaults().withCacheFolder(cacheFolder);
    try (Tokenizer tokenizer = Tokenizers.open(folder, options)) {
      return tokenizer.encode("a", false).length == 1 ? "ok" : "wrong";
    } catch (ModelException e) {
      return e.getMessage();
    }
  }
}
