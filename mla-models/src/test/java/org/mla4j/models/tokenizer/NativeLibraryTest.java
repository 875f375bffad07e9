package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the native library gets into a JVM; each test needs one that has not loaded it yet. */
class NativeLibraryTest {

  @TempDir Path temporary;

  @Test
  void isUnpackedIntoTheChosenFolder() throws Exception {
    assertEquals("ok", open(List.of("--enable-native-access=ALL-UNNAMED"), temporary));
    List<Path> files = files(temporary);
    assertTrue(
        files.stream().anyMatch(file -> file.getFileName().toString().contains("tokenizers.")),
        files::toString);
    assertTrue(files.stream().noneMatch(file -> file.toString().endsWith(".tmp")), files::toString);
  }

  @Test
  void isUnpackedAgainIfTheCopyIsDamaged() throws Exception {
    assertEquals("ok", open(List.of("--enable-native-access=ALL-UNNAMED"), temporary));
    List<Path> files = files(temporary);
    long size = Files.size(files.getFirst());
    Files.writeString(files.getFirst(), "damaged");
    assertEquals("ok", open(List.of("--enable-native-access=ALL-UNNAMED"), temporary));
    assertEquals(size, Files.size(files.getFirst()));
  }

  @Test
  void saysWhichFolderToChoose() throws Exception {
    Path notAFolder = Files.writeString(temporary.resolve("file"), "");
    String message = open(List.of("--enable-native-access=ALL-UNNAMED"), notAFolder);
    assertTrue(
        message.startsWith(
            "Cannot unpack the tokenizers library to '" + notAFolder.resolve("tokenizers")),
        message);
    assertTrue(
        message.endsWith(
            ". Set TokenizerOptions.cacheFolder or the environment variable DJL_CACHE_DIR to a"
                + " folder that can be written. [MLA-0207]"),
        message);
  }

  @Test
  void saysHowToAllowNativeAccess() throws Exception {
    assertEquals(
        "The tokenizers library may not run native code here. Start Java with"
            + " --enable-native-access=ALL-UNNAMED. [MLA-0207]",
        open(List.of("--illegal-native-access=deny"), temporary));
  }

  @Test
  void leavesSystemPropertiesAlone() throws Exception {
    assertEquals(
        "[]",
        run(
            List.of("--enable-native-access=ALL-UNNAMED"),
            "properties",
            temporary.toString(),
            Golden.folder("tokenizer").toString()));
  }

  private static String open(List<String> options, Path cacheFolder) throws Exception {
    return run(options, "open", cacheFolder.toString(), Golden.folder("tokenizer").toString());
  }

  private static String run(List<String> options, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(NativeLibraryChild.class.getName());
    command.addAll(List.of(arguments));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), output);
    return output.strip();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
