package org.mla4j.models.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * Loads the native tokenizers library that comes in the jar.
 *
 * <p>The loader of the jar itself is not used. It looks for a GPU first and, where it finds one,
 * downloads another build; the ways to stop it are environment variables and system properties, and
 * a library sets neither. The folder is the same, so that an application that also uses DJL unpacks
 * one copy.
 */
final class NativeLibrary {

  private static final String RESOURCES = "/native/lib/";
  private static final String CACHE_VARIABLE = "DJL_CACHE_DIR";

  private NativeLibrary() {}

  /**
   * Loads the library unless it is loaded.
   *
   * @param cacheFolder where to unpack it, empty for the default
   */
  static void ensureLoaded(Optional<Path> cacheFolder) {
    // One lock for the JVM, because that is what owns a loaded library.
    synchronized (NativeLibrary.class) {
      try {
        if (!isLinked()) {
          load(cacheFolder.orElseGet(NativeLibrary::defaultCacheFolder));
        }
      } catch (IllegalCallerException e) {
        throw new ModelException(
            ErrorCode.TOKENIZER,
            "The tokenizers library may not run native code here. Start Java with "
                + nativeAccessOption()
                + ".",
            e);
      }
    }
  }

  @SuppressWarnings("restricted")
  private static void load(Path cacheFolder) {
    Platform platform = Platform.current();
    Path folder =
        cacheFolder
            .resolve("tokenizers")
            .resolve(version() + "-cpu-" + platform.name())
            .toAbsolutePath();
    for (String library : platform.libraries()) {
      Path file = folder.resolve(library);
      unpack(RESOURCES + platform.name() + "/cpu/" + library, file);
      try {
        System.load(file.toString());
      } catch (UnsatisfiedLinkError e) {
        throw new ModelException(
            ErrorCode.TOKENIZER,
            "Cannot load the tokenizers library '"
                + file
                + "': "
                + e.getMessage()
                + ". It needs a file system that allows execution and, on Linux, glibc.",
            e);
      }
    }
    if (!isLinked()) {
      // The JVM ties a native library to the class loader that loaded it: that of this class.
      throw new ModelException(
          ErrorCode.TOKENIZER,
          "The jars of MLA4J and of ai.djl.huggingface:tokenizers have different class loaders, so"
              + " that the one cannot load the native library of the other. Put both into one.");
    }
  }

  /**
   * Calls the library in the cheapest way: it refuses an empty tokenizer, but only if it is there.
   */
  private static boolean isLinked() {
    try {
      TokenizersLibrary.LIB.createTokenizerFromString("");
      return true;
    } catch (UnsatisfiedLinkError notLoaded) {
      return false;
    } catch (IllegalCallerException forbidden) {
      throw forbidden;
    } catch (RuntimeException refused) {
      return true;
    }
  }

  private static void unpack(String resource, Path target) {
    try {
      if (Files.exists(target) && isComplete(target, resource)) {
        return;
      }
      Path folder = Files.createDirectories(target.resolveSibling(""));
      // Another JVM may do the same at the same time, so the file appears complete or not at all.
      Path partial = Files.createTempFile(folder, "unpack", ".tmp");
      try (InputStream in = open(resource)) {
        Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
        Files.move(
            partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          "Cannot unpack the tokenizers library to '"
              + target
              + "': "
              + e
              + ". Set TokenizerOptions.cacheFolder or the environment variable "
              + CACHE_VARIABLE
              + " to a folder that can be written.",
          e);
    }
  }

  /** Files appear complete here, so one of another size was damaged or cut later. */
  private static boolean isComplete(Path file, String resource) throws IOException {
    return Files.size(file) == find(resource).openConnection().getContentLengthLong();
  }

  private static InputStream open(String resource) throws IOException {
    return find(resource).openStream();
  }

  private static URL find(String resource) {
    URL url = TokenizersLibrary.class.getResource(resource);
    if (url == null) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          "The jar of ai.djl.huggingface:tokenizers has no '" + resource.substring(1) + "'.");
    }
    return url;
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = open(RESOURCES + "tokenizers.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          "Cannot read the jar of ai.djl.huggingface:tokenizers: " + e + ".",
          e);
    }
    return properties.getProperty("version", "unknown");
  }

  private static Path defaultCacheFolder() {
    String folder = setting(CACHE_VARIABLE);
    return folder == null
        ? Path.of(System.getProperty("user.home", "."), ".djl.ai")
        : Path.of(folder);
  }

  private static @Nullable String setting(String name) {
    String variable = System.getenv(name);
    String value = variable == null ? System.getProperty(name) : variable;
    return value == null || value.isBlank() ? null : value;
  }

  private static String nativeAccessOption() {
    Module here = NativeLibrary.class.getModule();
    return here.isNamed()
        ? "--enable-native-access="
            + here.getName()
            + ","
            + TokenizersLibrary.class.getModule().getName()
        : "--enable-native-access=ALL-UNNAMED";
  }

  /**
   * A platform for which the jar has a build.
   *
   * @param name its name in the jar
   * @param libraries files to load, in this order
   */
  private record Platform(String name, List<String> libraries) {

    private static final List<Platform> BUNDLED =
        List.of(
            new Platform("linux-x86_64", List.of("libtokenizers.so")),
            new Platform("linux-aarch64", List.of("libtokenizers.so")),
            new Platform("osx-aarch64", List.of("libtokenizers.dylib")),
            new Platform(
                "win-x86_64",
                List.of(
                    "libwinpthread-1.dll",
                    "libgcc_s_seh-1.dll",
                    "libstdc++-6.dll",
                    "tokenizers.dll")));

    static Platform current() {
      String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
      String os = system.startsWith("win") ? "win" : system.startsWith("mac") ? "osx" : system;
      String architecture = System.getProperty("os.arch");
      String name = os + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
      return BUNDLED.stream()
          .filter(platform -> platform.name().equals(name))
          .findFirst()
          .orElseThrow(() ->
              new ModelException(
                  ErrorCode.TOKENIZER,
                  "There is no tokenizers library for '"
                      + name
                      + "'. Available: "
                      + String.join(", ", BUNDLED.stream().map(Platform::name).toList())
                      + "."));
    }
  }
}
