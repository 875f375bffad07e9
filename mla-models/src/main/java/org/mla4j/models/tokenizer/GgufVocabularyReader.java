package org.mla4j.models.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.checkpoint.GgufMetadata;
import org.mla4j.models.tokenizer.GgufVocabulary.Token;

/** Reads the tokenizer that is inside a GGUF file. */
final class GgufVocabularyReader {
  /** What converters write for SentencePiece vocabularies, which are not cut into words. */
  private static final String NO_WORDS = "default";

  private final GgufMetadata metadata;

  /** Ids by text, of the tokens that stand for something. */
  private final Map<String, Integer> ids = new HashMap<>();

  GgufVocabularyReader(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  GgufVocabulary read() {
    String model = metadata.string(GgufVocabulary.MODEL).orElse("missing");
    return switch (model) {
      case GgufVocabulary.BYTE_LEVEL -> readByteLevel();
      case GgufVocabulary.SENTENCE_PIECE -> readSentencePiece();
      default ->
          throw refused(
              GgufVocabulary.MODEL,
              quoted(model),
              "one of " + GgufVocabulary.BYTE_LEVEL + ", " + GgufVocabulary.SENTENCE_PIECE);
    };
  }

  private GgufVocabulary readByteLevel() {
    PreTokenization pre = pre();
    List<Token> tokens = readTokens(false);
    return new GgufVocabulary(
        GgufVocabulary.BYTE_LEVEL,
        pre.name(),
        tokens,
        merges(pre, tokens),
        specialTokens(tokens.size(), Map.of()),
        metadata.bool(GgufVocabulary.ADD_BOS).orElse(pre.addsBos()),
        metadata.bool(GgufVocabulary.ADD_EOS).orElse(false),
        false,
        chatTemplates());
  }

  /** The roles that such files may leave out are those of the first SentencePiece vocabularies. */
  private GgufVocabulary readSentencePiece() {
    String pre = metadata.string(GgufVocabulary.PRE).orElse(NO_WORDS);
    if (!pre.equals(NO_WORDS)) {
      throw refused(
          GgufVocabulary.PRE,
          quoted(pre),
          "'"
              + NO_WORDS
              + "' with "
              + GgufVocabulary.MODEL
              + " '"
              + GgufVocabulary.SENTENCE_PIECE
              + "'");
    }
    List<Token> tokens = readTokens(true);
    requireBytes();
    return new GgufVocabulary(
        GgufVocabulary.SENTENCE_PIECE,
        pre,
        tokens,
        List.of(),
        specialTokens(tokens.size(), Map.of("unk_token", 0, "bos_token", 1, "eos_token", 2)),
        metadata.bool(GgufVocabulary.ADD_BOS).orElse(true),
        metadata.bool(GgufVocabulary.ADD_EOS).orElse(false),
        metadata.bool(GgufVocabulary.ADD_SPACE_PREFIX).orElse(true),
        chatTemplates());
  }

  private PreTokenization pre() {
    String name = metadata.string(GgufVocabulary.PRE).orElse("missing");
    return PreTokenization.named(name)
        .orElseThrow(() ->
            refused(
                GgufVocabulary.PRE,
                quoted(name),
                "one of "
                    + PreTokenization.names()
                    + "; with another, texts would be cut into"
                    + " other tokens than those that the model was trained on"));
  }

  private List<Token> readTokens(boolean hasScores) {
    List<String> texts = metadata.strings(GgufVocabulary.TOKENS);
    if (texts.isEmpty()) {
      throw refused(GgufVocabulary.TOKENS, "missing or empty", "the tokens by id");
    }
    int[] types = metadata.ints(GgufVocabulary.TYPES);
    requireOneForEach(GgufVocabulary.TYPES, types.length, texts.size());
    float[] scores = hasScores ? metadata.floats(GgufVocabulary.SCORES) : new float[texts.size()];
    requireOneForEach(GgufVocabulary.SCORES, scores.length, texts.size());
    List<Token> tokens = new ArrayList<>(texts.size());
    for (int id = 0; id < types.length; id++) {
      int number = types[id];
      int place = id;
      TokenType type =
          TokenType.of(number)
              .orElseThrow(() ->
                  refused(
                      GgufVocabulary.TYPES,
                      number + " at index " + place,
                      "numbers from 1 to " + TokenType.values().length));
      if (type != TokenType.UNUSED) {
        Integer first = ids.putIfAbsent(texts.get(id), id);
        if (first != null) {
          throw refused(
              GgufVocabulary.TOKENS,
              quoted(texts.get(id)) + " at index " + id + " as at index " + first,
              "each token once");
        }
      }
      if (!Float.isFinite(scores[id])) {
        throw refused(GgufVocabulary.SCORES, scores[id] + " at index " + id, "finite numbers");
      }
      tokens.add(new Token(texts.get(id), type, scores[id]));
    }
    return tokens;
  }

  /** Converters leave out the merges of Kimi's vocabulary, whose ids are its ranks. */
  private List<String> merges(PreTokenization pre, List<Token> tokens) {
    List<String> merges = metadata.strings(GgufVocabulary.MERGES);
    if (merges.isEmpty() && pre.name().equals(PreTokenization.KIMI)) {
      return RankedMerges.of(
          tokens.stream()
              .takeWhile(token -> token.type() == TokenType.NORMAL)
              .map(Token::text)
              .toList());
    }
    if (!metadata.has(GgufVocabulary.MERGES)) {
      throw refused(GgufVocabulary.MERGES, "missing", "the merges of the vocabulary");
    }
    for (int i = 0; i < merges.size(); i++) {
      String merge = merges.get(i);
      int blank = merge.indexOf(' ', 1);
      if (blank < 0
          || !ids.containsKey(merge.substring(0, blank))
          || !ids.containsKey(merge.substring(blank + 1))
          || !ids.containsKey(merge.substring(0, blank) + merge.substring(blank + 1))) {
        throw refused(
            GgufVocabulary.MERGES,
            quoted(merge) + " at index " + i,
            "two tokens with a blank between them that are a token together");
      }
    }
    return merges;
  }

  private void requireBytes() {
    for (int value = 0; value < ByteAlphabet.SIZE; value++) {
      String token = "<0x%02X>".formatted(value);
      if (!ids.containsKey(token)) {
        throw refused(GgufVocabulary.TOKENS, "without " + token, "a token for each byte");
      }
    }
  }

  private Map<String, Integer> specialTokens(int size, Map<String, Integer> otherwise) {
    Map<String, Integer> found = new LinkedHashMap<>();
    GgufVocabulary.SPECIAL_TOKENS.forEach((field, key) -> {
      OptionalLong given = metadata.integer(key);
      if (given.isPresent()) {
        long id = given.getAsLong();
        if (id < 0 || id >= size) {
          throw refused(key, String.valueOf(id), "an id from 0 to " + (size - 1));
        }
        found.put(field, (int) id);
      } else if (otherwise.containsKey(field) && otherwise.get(field) < size) {
        found.put(field, otherwise.get(field));
      }
    });
    return found;
  }

  private Map<String, String> chatTemplates() {
    Map<String, String> templates = new LinkedHashMap<>();
    metadata
        .string(GgufVocabulary.CHAT_TEMPLATE)
        .ifPresent(source -> templates.put(TokenizerConfig.DEFAULT_TEMPLATE, source));
    for (String name : metadata.strings(GgufVocabulary.CHAT_TEMPLATES)) {
      String key = GgufVocabulary.CHAT_TEMPLATE + "." + name;
      templates.put(
          name,
          metadata
              .string(key)
              .orElseThrow(() ->
                  refused(
                      key,
                      "missing",
                      "a template, since '" + GgufVocabulary.CHAT_TEMPLATES + "' names it")));
    }
    return templates;
  }

  private void requireOneForEach(String key, int given, int tokens) {
    if (given != tokens) {
      throw refused(
          key, "an array of " + given, "one element for each of the " + tokens + " tokens");
    }
  }

  private ModelException refused(String key, String given, String expected) {
    return new ModelException(
        ErrorCode.TOKENIZER,
        metadata.file()
            + ": metadata key '"
            + key
            + "' is "
            + given
            + "; expected "
            + expected
            + ".");
  }

  private static String quoted(String text) {
    return text.equals("missing") ? text : "'" + text + "'";
  }
}
