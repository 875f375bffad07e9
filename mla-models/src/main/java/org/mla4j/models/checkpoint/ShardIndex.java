package org.mla4j.models.checkpoint;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.databind.JsonNode;

/**
 * Which file of a checkpoint in several files holds which tensor.
 *
 * @param file the index itself
 * @param shardOf the file of each tensor
 */
record ShardIndex(Path file, Map<String, Path> shardOf) {
  static final String NAME = "model.safetensors.index.json";

  /** Reads an index; all files that it names are there. */
  static ShardIndex read(Path file) {
    JsonNode map = JsonFile.readObject(file, ErrorCode.MALFORMED_FILE).path("weight_map");
    Map<String, Path> paths = new HashMap<>();
    Map<String, Path> shardOf = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (!entry.getValue().isString()) {
        throw malformed(
            file,
            "tensor '"
                + entry.getKey()
                + "' is in "
                + Excerpt.of(entry.getValue())
                + "; expected the name of a file");
      }
      String name = entry.getValue().stringValue();
      shardOf.put(entry.getKey(), paths.computeIfAbsent(name, _ -> shard(file, name)));
    }
    if (shardOf.isEmpty()) {
      throw malformed(file, "field 'weight_map' is missing or empty; expected tensor to file name");
    }
    return new ShardIndex(file, shardOf);
  }

  /** All files, each once. */
  Set<Path> shards() {
    return new TreeSet<>(shardOf.values());
  }

  /** Refuses the index if a tensor is not where it says. */
  void requireFound(Map<String, Path> found) {
    shardOf.forEach((tensor, shard) -> {
      Path place = found.get(tensor);
      if (!shard.equals(place)) {
        throw malformed(
            file,
            "tensor '"
                + tensor
                + "' should be in '"
                + shard
                + "'; found "
                + (place == null ? "in no file" : "in '" + place + "'"));
      }
    });
  }

  /**
   * Resolves the name of a file. By name it may not leave the folder; the file itself may be a link
   * to anywhere, as in the cache of a download tool.
   */
  private static Path shard(Path file, String name) {
    Path index = file.toAbsolutePath().normalize();
    Path shard;
    try {
      shard = index.resolveSibling(name).normalize();
    } catch (InvalidPathException e) {
      throw outside(file, name);
    }
    Path folder = index.getParent();
    if (folder == null || !shard.startsWith(folder) || shard.equals(folder)) {
      throw outside(file, name);
    }
    Path given = file.resolveSibling(folder.relativize(shard));
    if (!Files.isRegularFile(given)) {
      throw malformed(file, "file '" + given + "' is missing");
    }
    return given;
  }

  private static ModelException outside(Path file, String name) {
    return malformed(
        file, "shard '" + name + "' lies outside the folder; expected a name within it");
  }

  private static ModelException malformed(Path file, String problem) {
    return new ModelException(ErrorCode.MALFORMED_FILE, file + ": " + problem + ".");
  }
}
