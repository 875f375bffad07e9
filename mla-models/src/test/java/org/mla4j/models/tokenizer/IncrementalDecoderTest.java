package org.mla4j.models.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mla4j.core.engine.TextDecoder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@link GoldenTokenizerTest} does not show: when text appears, at what cost, and other kinds
 * of decoders.
 */
class IncrementalDecoderTest {

  private static final Path GOLDEN = Golden.folder("tokenizer-qwen");

  @Test
  void holdsBackAnIncompleteCharacter() {
    try (Tokenizer tokenizer = Tokenizers.open(GOLDEN)) {
      int[] ids = bytes(tokenizer, "aé中😀");
      assertEquals(
          List.of("a", "", "é", "", "", "中", "", "", "", "😀", ""), pieces(tokenizer, ids));
    }
  }

  @Test
  void releasesABrokenCharacterAsSoonAsItIsKnownToBeBroken() {
    try (Tokenizer tokenizer = Tokenizers.open(GOLDEN)) {
      int[] ids = bytes(tokenizer, "中ab");
      int[] broken = {ids[0], ids[1], ids[3], ids[4]};
      assertEquals(List.of("", "", "\uFFFDa", "b", ""), pieces(tokenizer, broken));
      assertEquals(List.of("", "", "\uFFFD"), pieces(tokenizer, Arrays.copyOf(ids, 2)));
    }
  }

  @Test
  void releasesAReplacementCharacterThatIsMeant() {
    try (Tokenizer tokenizer = Tokenizers.open(GOLDEN)) {
      assertEquals(
          List.of("", "", "", "\uFFFDa", ""), pieces(tokenizer, bytes(tokenizer, "\uFFFDa")));
    }
  }

  @Test
  void decodesNoMoreThanAWindow() {
    try (Tokenizer tokenizer = Tokenizers.open(GOLDEN)) {
      Vocabulary vocabulary =
          VocabularyReader.read(Files.readString(GOLDEN.resolve("tokenizer.json")), GOLDEN);
      List<Integer> decoded = new ArrayList<>();
      TextDecoder decoder =
          new IncrementalDecoder(
              ids -> {
                decoded.add(ids.length);
                return tokenizer.decode(ids, false);
              },
              vocabulary,
              false);
      int broken = bytes(tokenizer, "é")[0];
      int count = 4000;
      for (int i = 0; i < count; i++) {
        decoder.append(i < count / 2 ? broken : i % vocabulary.size());
      }
      decoder.finish();
      assertTrue(decoded.stream().allMatch(size -> size <= 16), decoded::toString);
      assertTrue(decoded.size() <= count + count / 8 + 1, () -> decoded.size() + " calls");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void followsADecoderWithByteTokens(@TempDir Path folder) {
    try (Tokenizer tokenizer = byteFallback(folder)) {
      int e4 = 1 + 0xE4;
      int b8 = 1 + 0xB8;
      int ad = 1 + 0xAD;
      int word = tokenizer.idOf("▁hi").orElseThrow();
      int[] character = {word, e4, b8, ad, word};
      // The run of bytes stays open until another token ends it.
      assertEquals(List.of("hi", "", "", "", "中 hi", ""), pieces(tokenizer, character));
      // One byte too many, and the whole run is broken.
      int[] broken = {word, e4, b8, ad, e4, word};
      assertEquals(
          List.of("hi", "", "", "", "", "\uFFFD".repeat(4) + " hi", ""), pieces(tokenizer, broken));
    }
  }

  @Test
  void equalsDecodingAtOnceWithByteTokens(@TempDir Path folder) {
    Random random = new Random(7);
    try (Tokenizer tokenizer = byteFallback(folder)) {
      for (int i = 0; i < 300; i++) {
        int bytesOnly = i % 3 == 0 ? 257 : tokenizer.vocabularySize() + 3;
        int from = i % 3 == 1 ? 255 : 0;
        check(tokenizer, random.ints(1 + i % 80, from, bytesOnly).toArray());
      }
      int blank = tokenizer.idOf("▁").orElseThrow();
      check(tokenizer, IntStream.generate(() -> blank).limit(100).toArray());
      int end = tokenizer.idOf("</s>").orElseThrow();
      int word = tokenizer.idOf("▁hi").orElseThrow();
      check(tokenizer, new int[] {end, word, end, end, word, blank, end, word});
      check(
          tokenizer,
          IntStream.concat(
                  IntStream.generate(() -> end).limit(50), IntStream.of(word, end, word, word))
              .toArray());
    }
  }

  private static void check(Tokenizer tokenizer, int[] ids) {
    for (boolean skipSpecialTokens : new boolean[] {false, true}) {
      TextDecoder decoder = tokenizer.newDecoder(skipSpecialTokens);
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        text.append(decoder.append(id));
      }
      text.append(decoder.finish());
      assertEquals(
          tokenizer.decode(ids, skipSpecialTokens), text.toString(), () -> Arrays.toString(ids));
    }
  }

  private static List<String> pieces(Tokenizer tokenizer, int[] ids) {
    TextDecoder decoder = tokenizer.newDecoder(false);
    List<String> pieces = new ArrayList<>();
    for (int id : ids) {
      pieces.add(decoder.append(id));
    }
    pieces.add(decoder.finish());
    return pieces;
  }

  /** {@return the ids of the single bytes of {@code text}, whatever a tokenizer would join} */
  private static int[] bytes(Tokenizer tokenizer, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[utf8.length];
    for (int i = 0; i < utf8.length; i++) {
      ids[i] = byteToken(tokenizer, utf8[i] & 0xFF);
    }
    return ids;
  }

  /**
   * The alphabet of byte-level tokenizers: printable bytes stand for themselves, the others follow
   * from U+0100.
   */
  private static int byteToken(Tokenizer tokenizer, int value) {
    int next = 0x100;
    for (int b = 0; b < 0x100; b++) {
      boolean isPrintable = (b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD);
      int character = isPrintable ? b : next++;
      if (b == value) {
        return tokenizer.idOf(Character.toString(character)).orElseThrow();
      }
    }
    throw new IllegalArgumentException("no byte: " + value);
  }

  /**
   * A small tokenizer in the manner of the Llama family: byte tokens, and a blank that is removed
   * at the start.
   */
  private static Tokenizer byteFallback(Path folder) {
    ObjectNode json = JsonMapper.builder().build().createObjectNode();
    json.put("version", "1.0");
    ArrayNode added = json.putArray("added_tokens");
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE").put("unk_token", "<unk>").put("byte_fallback", true);
    model.putArray("merges");
    ObjectNode vocabulary = model.putObject("vocab");
    vocabulary.put("<unk>", 0);
    for (int b = 0; b < 0x100; b++) {
      vocabulary.put(String.format("<0x%02X>", b), 1 + b);
    }
    for (String token : List.of("▁", "▁hi", "a", "中", "▁▁▁", "</s>", ".")) {
      vocabulary.put(token, vocabulary.size());
    }
    added
        .addObject()
        .put("id", vocabulary.get("</s>").asInt())
        .put("content", "</s>")
        .put("special", true)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false);
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    ObjectNode replace = decoders.addObject().put("type", "Replace").put("content", " ");
    replace.putObject("pattern").put("String", "▁");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    return new TokenizerFolder(folder).withFile("tokenizer.json", json.toString()).open();
  }
}
