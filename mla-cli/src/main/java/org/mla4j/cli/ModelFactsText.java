package org.mla4j.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.models.inspect.ModelFacts;
import org.mla4j.models.inspect.ModelFacts.CachedLayer;
import org.mla4j.models.inspect.ModelFacts.MemoryEstimate;

/** What a model is, for people. */
final class ModelFactsText {
  private static final int MOST_LISTED = 10;
  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

  private ModelFactsText() {}

  static String of(ModelFacts facts) {
    return String.join(
        "\n\n", overview(facts), types(facts), caches(facts), memory(facts.memory()));
  }

  private static String overview(ModelFacts facts) {
    TextTable table =
        new TextTable("model", facts.name())
            .row("architecture", facts.architecture())
            .row("parameters", String.format(Locale.ROOT, "%,d", facts.parameters()))
            .row("files", bytes(facts.fileBytes()))
            .row("context", facts.maxPositions() + " tokens")
            .row("chat template", facts.chatTemplate().orElse("none"));
    facts.dimensions().forEach((name, value) -> table.row(name, Long.toString(value)));
    return table.toString();
  }

  private static String types(ModelFacts facts) {
    TextTable table = new TextTable("type", "tensors", "elements", "size");
    facts
        .types()
        .forEach(share ->
            table.row(
                share.type(),
                Integer.toString(share.tensors()),
                String.format(Locale.ROOT, "%,d", share.elements()),
                bytes(share.bytes())));
    List<ModelFacts.Matrix> unblocked = facts.unblocked();
    if (!unblocked.isEmpty()) {
      table.line(
          unblocked.size() + " matrices not in blocks, since their rows are no multiple of one:");
      unblocked.stream()
          .limit(MOST_LISTED)
          .forEach(matrix ->
              table.line(
                  "  " + matrix.name() + " " + matrix.type() + ", rows of " + matrix.rowLength()));
      if (unblocked.size() > MOST_LISTED) {
        table.line("  … and " + (unblocked.size() - MOST_LISTED) + " more");
      }
    }
    return table.toString();
  }

  private static String caches(ModelFacts facts) {
    TextTable table = new TextTable("cache", "of a token");
    facts.cacheBytesPerToken().forEach((type, size) -> table.row(type, size + " bytes"));
    Map<String, Long> kinds =
        facts.layers().stream()
            .collect(
                Collectors.groupingBy(
                    ModelFactsText::kind, LinkedHashMap::new, Collectors.counting()));
    kinds.forEach((kind, count) -> table.line(count + " layers " + kind));
    return table.toString();
  }

  private static String kind(CachedLayer layer) {
    return (layer.absorbs() ? "absorb" : "do not absorb")
        + ", cache rows of "
        + layer.row()
        + " elements";
  }

  private static String memory(MemoryEstimate memory) {
    return new TextTable(
            "memory",
            memory.sequences()
                + " x "
                + memory.length()
                + " tokens, "
                + memory.cacheType()
                + " cache")
        .row("weights in the files", bytes(memory.mappedBytes()))
        .row("weights converted", bytes(memory.dequantisedBytes()))
        .row("cache", bytes(memory.cacheBytes()))
        .row("buffers", bytes(memory.bufferBytes()))
        .row("all", bytes(memory.totalBytes()))
        .toString();
  }

  static String bytes(long count) {
    double size = count;
    int unit = 0;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0 ? count + " bytes" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }
}
