package org.mla4j.benchmarks.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The engines that MLA4J is compared with, and how each is started. */
enum Peer {
  /** On the same GGUF file, by its Node.js library. */
  LLAMA_CPP("llama.cpp") {
    @Override
    List<String> command(Path folder, ContenderOptions options) {
      return List.of("node", folder.resolve("llama.mjs").toString(), options.toJson());
    }
  },

  /** On a folder with safetensors, in a JVM of its own. */
  JLAMA("jlama") {
    @Override
    List<String> command(Path folder, ContenderOptions options) {
      Path target = folder.resolve("jlama").resolve("target");
      List<String> command = new ArrayList<>(vectorJvm());
      command.add("-cp");
      command.add(
          target.resolve("classes") + System.getProperty("path.separator") + target + "/lib/*");
      command.add("org.mla4j.peers.jlama.JlamaContender");
      command.add(options.toJson());
      return command;
    }
  };

  private final String word;

  Peer(String word) {
    this.word = word;
  }

  /** The command that starts it; {@code folder} is {@code benchmarks/peers}. */
  abstract List<String> command(Path folder, ContenderOptions options);

  /** The JVM that runs this, with the Vector API. */
  static List<String> vectorJvm() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED");
  }

  static Peer of(String word) {
    return Arrays.stream(values())
        .filter(peer -> peer.word.equals(word))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "Peer '"
                    + word
                    + "'; expected "
                    + Arrays.stream(values())
                        .map(peer -> peer.word)
                        .collect(Collectors.joining(" or "))
                    + "."));
  }
}
