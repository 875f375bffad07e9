package org.mla4j.models.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a family of byte-level vocabularies cuts a text into words, under the name that GGUF files
 * have for it ({@code tokenizer.ggml.pre}). Patterns are those of the family's own {@code
 * tokenizer.json}; names are those of llama.cpp.
 *
 * @param name as in {@code tokenizer.ggml.pre}
 * @param normalizer the section of that name in {@code tokenizer.json}; null if there is none
 * @param preTokenizer the section {@code pre_tokenizer}
 * @param ignoreMerges whether a word that is a token is taken as it is
 * @param addsBos whether texts begin with a token for that unless a file says otherwise
 */
record PreTokenization(
    String name,
    @Nullable JsonNode normalizer,
    JsonNode preTokenizer,
    boolean ignoreMerges,
    boolean addsBos) {

  static final String KIMI = "kimi-k2";

  private static final JsonNodeFactory NODES = JsonMapper.shared().getNodeFactory();

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String BLANKS = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String OTHERS = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + BLANKS;
  private static final String IDEOGRAPHS = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";

  /** Letters that have cases, of the Unicode version and the scripts that DeepSeek chose. */
  private static final String CASED_LETTERS =
      "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af"
          + "\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1"
          + "\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5"
          + "\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a"
          + "\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d"
          + "\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3"
          + "\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115"
          + "\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f"
          + "\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3"
          + "\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf"
          + "\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\ud801\udc00-\ud801\udc4f"
          + "\ud801\udcb0-\ud801\udcd3\ud801\udcd8-\ud801\udcfb\ud803\udc80-\ud803\udcb2"
          + "\ud803\udcc0-\ud803\udcf2\ud806\udca0-\ud806\udcdf\ud83a\udd00-\ud83a\udd43";

  private static final String ASCII_PUNCTUATION = "!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~";

  /** In the order in which they are compared: of two that are alike, the first is the name. */
  private static final List<PreTokenization> KNOWN =
      List.of(
          plain(
              "deepseek-v3",
              split("\\p{N}{1,3}"),
              split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"),
              split(
                  "["
                      + ASCII_PUNCTUATION
                      + "][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                      + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|"
                      + BLANKS),
              byteLevel(false)),
          plain(
              "deepseek-llm",
              split("[\\r\\n]"),
              split("\\s?[" + CASED_LETTERS + "]+"),
              split("\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+"),
              split("\\s+$"),
              split(IDEOGRAPHS),
              digits(),
              byteLevel(false)),
          plain(
              "deepseek-coder",
              split("[\\r\\n]"),
              split("\\s?\\p{L}+"),
              split("\\s?\\p{P}+"),
              split(IDEOGRAPHS),
              digits(),
              byteLevel(false)),
          qwen("qwen2"),
          qwen("deepseek-r1-qwen"),
          new PreTokenization(
              "qwen35",
              composed(),
              sequence(
                  split(
                      CONTRACTIONS
                          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                          + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
                          + BLANKS),
                  byteLevel(false)),
              false,
              false),
          plain("glm4", digitsInThrees(), byteLevel(false)),
          new PreTokenization(
              "llama-bpe", null, sequence(digitsInThrees(), byteLevel(false)), true, true),
          new PreTokenization(KIMI, null, sequence(kimi(), byteLevel(false)), true, false),
          new PreTokenization("gpt-2", null, byteLevel(true), false, false));

  static Optional<PreTokenization> named(String name) {
    return KNOWN.stream().filter(known -> known.name.equals(name)).findFirst();
  }

  /** {@return the names that are known, as a list for messages} */
  static String names() {
    return KNOWN.stream().map(PreTokenization::name).collect(Collectors.joining(", "));
  }

  /** Finds the first of those known that a {@code tokenizer.json} has, exactly. */
  static Optional<PreTokenization> of(JsonNode tokenizer) {
    JsonNode normalizer = canonical(tokenizer.path("normalizer"));
    JsonNode preTokenizer = canonical(tokenizer.path("pre_tokenizer"));
    boolean ignoreMerges = tokenizer.path("model").path("ignore_merges").asBoolean(false);
    return KNOWN.stream()
        .filter(known ->
            known.ignoreMerges == ignoreMerges
                && canonical(known.preTokenizer).equals(preTokenizer)
                && canonical(known.normalizer == null ? NODES.nullNode() : known.normalizer)
                    .equals(normalizer))
        .findFirst();
  }

  private static PreTokenization plain(String name, JsonNode... steps) {
    return new PreTokenization(name, null, sequence(steps), false, false);
  }

  private static PreTokenization qwen(String name) {
    return new PreTokenization(
        name,
        composed(),
        sequence(
            split(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|" + OTHERS),
            byteLevel(false)),
        false,
        false);
  }

  private static JsonNode digitsInThrees() {
    return split(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|" + OTHERS);
  }

  /** Han characters apart; other words end where a capital letter follows a small one. */
  private static JsonNode kimi() {
    String start = "[^\\r\\n\\p{L}\\p{N}]?";
    String upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]";
    String lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]";
    return split(
        String.join(
            "|",
            "[\\p{Han}]+",
            start + upper + "*" + lower + "+" + CONTRACTIONS + "?",
            start + upper + "+" + lower + "*" + CONTRACTIONS + "?",
            "\\p{N}{1,3}",
            OTHERS));
  }

  private static JsonNode composed() {
    return NODES.objectNode().put("type", "NFC");
  }

  private static JsonNode sequence(JsonNode... steps) {
    ObjectNode sequence = NODES.objectNode().put("type", "Sequence");
    sequence.putArray("pretokenizers").addAll(Arrays.asList(steps));
    return sequence;
  }

  private static JsonNode split(String pattern) {
    ObjectNode split = NODES.objectNode().put("type", "Split");
    split.putObject("pattern").put("Regex", pattern);
    return split.put("behavior", "Isolated").put("invert", false);
  }

  private static JsonNode digits() {
    return NODES.objectNode().put("type", "Digits").put("individual_digits", true);
  }

  private static JsonNode byteLevel(boolean splits) {
    return NODES
        .objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", splits);
  }

  /**
   * Makes one form of what files write in several: no step at all and an empty sequence, a line end
   * in a pattern as itself and as an escape, a default that is left out; and leaves out what does
   * not change ids.
   */
  private static JsonNode canonical(JsonNode section) {
    if (section.isMissingNode() || section.isNull()) {
      return NODES.nullNode();
    }
    if (section.isArray()) {
      ArrayNode steps = NODES.arrayNode();
      section.forEach(step -> steps.add(canonical(step)));
      return steps;
    }
    if (section.isString()) {
      return NODES.stringNode(section.asString().replace("\r", "\\r").replace("\n", "\\n"));
    }
    if (!section.isObject()) {
      return section;
    }
    JsonNode steps = section.path("normalizers");
    if (steps.isArray() && steps.isEmpty()) {
      return NODES.nullNode();
    }
    ObjectNode fields = NODES.objectNode();
    section.properties().forEach(field -> fields.set(field.getKey(), canonical(field.getValue())));
    if (section.path("type").asString("").equals("ByteLevel")) {
      fields.remove("trim_offsets");
      fields.put("use_regex", section.path("use_regex").asBoolean(true));
    }
    return fields;
  }
}
