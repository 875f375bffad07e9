package org.mla4j.models.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.models.tokenizer.GgufVocabulary.Token;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes a vocabulary as the {@code tokenizer.json} that the native library reads. */
final class TokenizerJson {
  private static final JsonNodeFactory NODES = JsonMapper.shared().getNodeFactory();

  /** What SentencePiece has for a blank. */
  private static final String BLANK = "\u2581";

  private TokenizerJson() {}

  static String of(GgufVocabulary vocabulary) {
    ObjectNode json = NODES.objectNode().put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    json.set("added_tokens", addedTokens(vocabulary));
    json.putNull("post_processor"); // what is put around a text is said beside the vocabulary
    if (vocabulary.model().equals(GgufVocabulary.BYTE_LEVEL)) {
      addByteLevel(json, vocabulary);
    } else {
      addSentencePiece(json, vocabulary);
    }
    return json.toString();
  }

  private static void addByteLevel(ObjectNode json, GgufVocabulary vocabulary) {
    PreTokenization pre = PreTokenization.named(vocabulary.pre()).orElseThrow();
    json.set("normalizer", pre.normalizer() == null ? NODES.nullNode() : pre.normalizer());
    json.set("pre_tokenizer", pre.preTokenizer());
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode model = addModel(json, vocabulary);
    model.putNull("unk_token").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", pre.ignoreMerges());
    ArrayNode merges = model.putArray("merges");
    vocabulary.merges().forEach(merges::add);
  }

  private static void addSentencePiece(ObjectNode json, GgufVocabulary vocabulary) {
    ArrayNode normalizers =
        json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    json.putNull("pre_tokenizer");
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    decoders.add(replace(BLANK, " "));
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (vocabulary.addsSpacePrefix()) {
      normalizers.addObject().put("type", "Prepend").put("prepend", BLANK);
      decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    normalizers.add(replace(" ", BLANK));
    ObjectNode model = addModel(json, vocabulary);
    Integer unknown = vocabulary.specialTokens().get("unk_token");
    if (unknown == null) {
      model.putNull("unk_token");
    } else {
      model.put("unk_token", vocabulary.tokens().get(unknown).text());
    }
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    ArrayNode merges = model.putArray("merges");
    scoredMerges(vocabulary.tokens())
        .forEach(merge -> merges.addArray().add(merge.left()).add(merge.right()));
  }

  /** All tokens but the unused, so that each has its id, whatever the order of the added ones. */
  private static ObjectNode addModel(ObjectNode json, GgufVocabulary vocabulary) {
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      Token token = vocabulary.tokens().get(id);
      if (token.type() != TokenType.UNUSED) {
        ids.put(token.text(), id);
      }
    }
    return model;
  }

  private static ArrayNode addedTokens(GgufVocabulary vocabulary) {
    ArrayNode added = NODES.arrayNode();
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      Token token = vocabulary.tokens().get(id);
      switch (token.type()) {
        case CONTROL, UNKNOWN -> added.add(addedToken(id, token, true));
        case USER_DEFINED -> added.add(addedToken(id, token, false));
        case NORMAL, UNUSED, BYTE -> {
          // parts of the vocabulary, or of nothing
        }
      }
    }
    return added;
  }

  private static ObjectNode addedToken(int id, Token token, boolean isSpecial) {
    return NODES
        .objectNode()
        .put("id", id)
        .put("content", token.text())
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", isSpecial);
  }

  private static ObjectNode replace(String what, String by) {
    ObjectNode replace = NODES.objectNode().put("type", "Replace");
    replace.putObject("pattern").put("String", what);
    return replace.put("content", by);
  }

  /** Two tokens that are a third together. */
  private record Merge(String left, String right, float score) {}

  /**
   * SentencePiece joins the neighbours whose union has the highest score, whatever they are; so
   * each way to cut a token in two is a merge of its score.
   */
  private static List<Merge> scoredMerges(List<Token> tokens) {
    Map<String, Token> normal = new HashMap<>();
    for (Token token : tokens) {
      if (token.type() == TokenType.NORMAL) {
        normal.put(token.text(), token);
      }
    }
    List<Merge> merges = new ArrayList<>();
    for (Token token : tokens) {
      if (token.type() != TokenType.NORMAL) {
        continue;
      }
      String text = token.text();
      for (int at = text.length() - 1; at > 0; at--) {
        String left = text.substring(0, at);
        String right = text.substring(at);
        if (normal.containsKey(left) && normal.containsKey(right)) {
          merges.add(new Merge(left, right, token.score()));
        }
      }
    }
    merges.sort(Comparator.comparingDouble((Merge merge) -> merge.score()).reversed());
    return merges;
  }
}
