package org.mla4j.models.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The chat templates of a model, wherever they are: in files of their own, of which the names say
 * what they are, or within the configuration of the tokenizer, which counts less.
 */
final class ChatTemplates {
  static final String FILE = "chat_template.jinja";
  private static final String JSON_FILE = "chat_template.json";
  private static final String FOLDER = "additional_chat_templates";
  private static final String SUFFIX = ".jinja";

  private final Map<String, Template> templates = new TreeMap<>();

  /**
   * A template that is not parsed yet.
   *
   * @param source its text
   * @param origin where it is, for messages
   */
  record Template(String source, String origin) {}

  private ChatTemplates() {}

  /** Collects those of a configuration alone, as GGUF files have it. */
  static ChatTemplates within(TokenizerConfig config) {
    ChatTemplates all = new ChatTemplates();
    config.chatTemplates().forEach((name, source) -> all.add(name, source, within(config, name)));
    return all;
  }

  /** Collects those of a folder, and of the configuration in it. */
  static ChatTemplates of(Path folder, TokenizerConfig config) {
    ChatTemplates all = within(config);
    Path json = folder.resolve(JSON_FILE);
    if (Files.isRegularFile(json)) {
      all.add(TokenizerConfig.DEFAULT_TEMPLATE, readJson(json), json + "#chat_template");
    }
    for (Path file : files(folder.resolve(FOLDER))) {
      String name = file.getFileName().toString();
      all.addFile(name.substring(0, name.length() - SUFFIX.length()), file);
    }
    Path file = folder.resolve(FILE);
    if (Files.isRegularFile(file)) {
      all.addFile(TokenizerConfig.DEFAULT_TEMPLATE, file);
    }
    return all;
  }

  Optional<Template> named(String name) {
    return Optional.ofNullable(templates.get(name));
  }

  /** {@return their names, sorted} */
  List<String> names() {
    return List.copyOf(templates.keySet());
  }

  /** {@return their texts by name} */
  Map<String, String> sources() {
    return templates.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().source()));
  }

  private static String within(TokenizerConfig config, String name) {
    return config.file()
        + "#chat_template"
        + (name.equals(TokenizerConfig.DEFAULT_TEMPLATE) ? "" : "." + name);
  }

  private void addFile(String name, Path file) {
    add(name, TextFile.read(file, ErrorCode.CHAT_TEMPLATE), file.toString());
  }

  private void add(String name, String source, String origin) {
    templates.put(name, new Template(source, origin));
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    } catch (IOException e) {
      throw new ModelException(
          ErrorCode.CHAT_TEMPLATE, folder + ": cannot be listed: " + e + ".", e);
    }
  }

  private static String readJson(Path file) {
    try {
      JsonNode json = JsonMapper.shared().readTree(TextFile.read(file, ErrorCode.CHAT_TEMPLATE));
      JsonNode template = json.path("chat_template");
      if (!template.isString()) {
        throw new ModelException(
            ErrorCode.CHAT_TEMPLATE,
            file + ": expected a JSON object with a string as 'chat_template'.");
      }
      return template.asString();
    } catch (JacksonException e) {
      throw new ModelException(
          ErrorCode.CHAT_TEMPLATE, file + ": not JSON: " + e.getOriginalMessage() + ".", e);
    }
  }
}
