package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.tokenizer.GgufVocabulary.Token;

/**
 * The vocabulary of Kimi and Moonlight folders: a {@code tiktoken.model}, each line a token in
 * base64 and its rank, which is its id; the tokens that follow are named by {@code
 * added_tokens_decoder} in {@code tokenizer_config.json}, or reserved.
 */
final class TiktokenModel {
  static final String FILE = "tiktoken.model";

  /** Ids after the ranks that the family keeps for tokens with a name. */
  private static final int RESERVED = 256;

  private final Path file;
  private final TokenizerConfig config;

  private TiktokenModel(Path file, TokenizerConfig config) {
    this.file = file;
    this.config = config;
  }

  /**
   * Reads a vocabulary.
   *
   * @param pre how texts are cut into words, which such folders say in code only
   */
  static GgufVocabulary read(Path file, TokenizerConfig config, PreTokenization pre) {
    return new TiktokenModel(file, config).read(pre);
  }

  private GgufVocabulary read(PreTokenization pre) {
    List<String> ranked = readRanks();
    requireBytes(ranked);
    Map<String, Integer> ids = new HashMap<>();
    List<Token> tokens = new ArrayList<>();
    for (String text : ranked) {
      ids.put(text, tokens.size());
      tokens.add(new Token(text, TokenType.NORMAL, 0));
    }
    for (Token token : namedTokens(ranked.size())) {
      Integer first = ids.putIfAbsent(token.text(), tokens.size());
      if (first != null) {
        throw new ModelException(
            ErrorCode.TOKENIZER,
            config.file()
                + ": field 'added_tokens_decoder' names token "
                + tokens.size()
                + " '"
                + token.text()
                + "', as token "
                + first
                + " is; expected each token once.");
      }
      tokens.add(token);
    }
    Map<String, Integer> specialTokens = new HashMap<>();
    config
        .specialTokens()
        .forEach((field, text) -> {
          Integer id = ids.get(text);
          if (id != null) {
            specialTokens.put(field, id);
          }
        });
    return new GgufVocabulary(
        GgufVocabulary.BYTE_LEVEL,
        pre.name(),
        tokens,
        RankedMerges.of(ranked),
        specialTokens,
        config.addBosToken().orElse(false),
        config.addEosToken().orElse(false),
        false,
        config.chatTemplates());
  }

  private List<String> readRanks() {
    List<String> tokens = new ArrayList<>();
    Map<String, Integer> ranks = new HashMap<>();
    int number = 0;
    for (String line : TextFile.read(file, ErrorCode.TOKENIZER).split("\n", -1)) {
      number++;
      String content = line.strip();
      if (content.isEmpty()) {
        continue;
      }
      String[] parts = content.split(" ", -1);
      if (parts.length != 2) {
        throw refused(number, "'" + excerpt(content) + "'", "a token in base64, a blank, a rank");
      }
      String token = ByteAlphabet.write(decode(parts[0], number));
      if (!parts[1].equals(String.valueOf(tokens.size()))) {
        throw refused(
            number,
            "rank '" + excerpt(parts[1]) + "'",
            tokens.size() + ", one more than the line before, from 0");
      }
      Integer first = ranks.putIfAbsent(token, tokens.size());
      if (first != null) {
        throw refused(number, "the token of rank " + first, "each token once");
      }
      tokens.add(token);
    }
    return tokens;
  }

  private byte[] decode(String token, int line) {
    try {
      byte[] bytes = Base64.getDecoder().decode(token);
      if (bytes.length > 0) {
        return bytes;
      }
    } catch (IllegalArgumentException _) {
      // refused below
    }
    throw refused(line, "'" + excerpt(token) + "'", "a token of at least one byte in base64");
  }

  private void requireBytes(List<String> tokens) {
    List<String> missing = new ArrayList<>();
    List<String> single = tokens.stream().filter(token -> token.length() == 1).toList();
    for (int value = 0; value < ByteAlphabet.SIZE; value++) {
      if (!single.contains(ByteAlphabet.write(value))) {
        missing.add("%02x".formatted(value));
      }
    }
    if (!missing.isEmpty()) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          file
              + ": "
              + tokens.size()
              + " tokens, none of them for the bytes "
              + excerpt(missing.stream().collect(Collectors.joining(" ")))
              + "; expected one for each byte.");
    }
  }

  /** What follows the ranks: as the configuration names it, the others reserved. */
  private List<Token> namedTokens(int first) {
    int end = first + RESERVED;
    for (int id : config.addedTokens().keySet()) {
      if (id < first || id > VocabularyReader.LARGEST_ID) {
        throw new ModelException(
            ErrorCode.TOKENIZER,
            config.file()
                + ": field 'added_tokens_decoder' has id "
                + id
                + "; expected ids from "
                + first
                + ", which follow the ranks of "
                + FILE
                + ", to "
                + VocabularyReader.LARGEST_ID
                + ".");
      }
      end = Math.max(end, id + 1);
    }
    List<Token> tokens = new ArrayList<>();
    for (int id = first; id < end; id++) {
      TokenizerConfig.AddedToken named = config.addedTokens().get(id);
      if (named == null) {
        tokens.add(new Token("<|reserved_token_" + id + "|>", TokenType.CONTROL, 0));
      } else {
        TokenType type = named.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        tokens.add(new Token(named.content(), type, 0));
      }
    }
    return tokens;
  }

  private ModelException refused(int line, String given, String expected) {
    return new ModelException(
        ErrorCode.TOKENIZER,
        file + ": line " + line + " has " + given + "; expected " + expected + ".");
  }

  private static String excerpt(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }
}
