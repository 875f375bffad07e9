package org.mla4j.models.tokenizer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * The tokens around a text.
 *
 * <p>Two files have a say. The post-processor in {@code tokenizer.json} adds tokens when it
 * encodes; and {@code tokenizer_config.json} may ask for them with {@code add_bos_token}, which the
 * native library does not know. What the configuration says counts; where it says nothing, the
 * post-processor is left alone.
 */
final class SpecialTokens {

  private final OptionalInt bos;
  private final OptionalInt eos;
  private final Correction first;
  private final Correction last;

  private SpecialTokens(OptionalInt bos, OptionalInt eos, Correction first, Correction last) {
    this.bos = bos;
    this.eos = eos;
    this.first = first;
    this.last = last;
  }

  /** What is still to do on one side of what the post-processor made. */
  private enum Correction {
    NONE,
    ADD,
    REMOVE
  }

  static SpecialTokens of(TokenizerConfig config, Vocabulary vocabulary, NativeTokenizer encoder) {
    OptionalInt bos = find("bos_token", config, vocabulary, encoder);
    OptionalInt eos = find("eos_token", config, vocabulary, encoder);
    int[] empty = encoder.encode("", true);
    boolean hasBos = bos.isPresent() && empty.length > 0 && empty[0] == bos.getAsInt();
    int others = empty.length - (hasBos ? 1 : 0);
    boolean hasEos = eos.isPresent() && others > 0 && empty[empty.length - 1] == eos.getAsInt();
    return new SpecialTokens(
        bos,
        eos,
        correction("add_bos_token", config.file(), config.addBosToken(), bos, hasBos),
        correction("add_eos_token", config.file(), config.addEosToken(), eos, hasEos));
  }

  OptionalInt bos() {
    return bos;
  }

  OptionalInt eos() {
    return eos;
  }

  /** {@return what the post-processor made, corrected; its array may be reused} */
  int[] correct(int[] ids) {
    int from = first == Correction.REMOVE ? 1 : 0;
    int to = ids.length - (last == Correction.REMOVE ? 1 : 0);
    int[] kept = from == 0 && to == ids.length ? ids : Arrays.copyOfRange(ids, from, to);
    if (first == Correction.ADD) {
      int[] longer = new int[kept.length + 1];
      longer[0] = bos.orElseThrow();
      System.arraycopy(kept, 0, longer, 1, kept.length);
      kept = longer;
    }
    if (last == Correction.ADD) {
      kept = Arrays.copyOf(kept, kept.length + 1);
      kept[kept.length - 1] = eos.orElseThrow();
    }
    return kept;
  }

  private static OptionalInt find(
      String field, TokenizerConfig config, Vocabulary vocabulary, NativeTokenizer encoder) {
    String token = config.specialTokens().get(field);
    if (token == null) {
      return OptionalInt.empty();
    }
    OptionalInt id = vocabulary.idOf(token);
    if (id.isEmpty()) {
      throw new ModelException(
          ErrorCode.TOKENIZER,
          config.file()
              + ": field '"
              + field
              + "' is '"
              + token
              + "', which is not among the "
              + vocabulary.size()
              + " tokens of "
              + encoder.file().getFileName()
              + ".");
    }
    return id;
  }

  private static Correction correction(
      String field, Path file, Optional<Boolean> wanted, OptionalInt token, boolean isAdded) {
    if (wanted.isEmpty() || wanted.get() == isAdded) {
      return Correction.NONE;
    }
    if (token.isEmpty()) {
      // Without such a token there is nothing to remove, but also nothing to add.
      if (!wanted.get()) {
        return Correction.NONE;
      }
      throw new ModelException(
          ErrorCode.TOKENIZER,
          file + ": '" + field + "' is true, but there is no '" + field.substring(4) + "'.");
    }
    return wanted.get() ? Correction.ADD : Correction.REMOVE;
  }
}
