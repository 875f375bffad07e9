package org.mla4j.models.tokenizer;

import java.util.Optional;
import java.util.OptionalInt;
import org.mla4j.core.engine.TextDecoder;

/** The tokenizer of a {@code tokenizer.json}. */
final class FileTokenizer implements Tokenizer {

  private final NativeTokenizer encoder;
  private final Vocabulary vocabulary;
  private final SpecialTokens specialTokens;

  FileTokenizer(NativeTokenizer encoder, Vocabulary vocabulary, SpecialTokens specialTokens) {
    this.encoder = encoder;
    this.vocabulary = vocabulary;
    this.specialTokens = specialTokens;
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens) {
    int[] ids = encoder.encode(text, addSpecialTokens);
    return addSpecialTokens ? specialTokens.correct(ids) : ids;
  }

  @Override
  public String decode(int[] ids, boolean skipSpecialTokens) {
    return encoder.decode(ids, skipSpecialTokens);
  }

  @Override
  public TextDecoder newDecoder(boolean skipSpecialTokens) {
    return new IncrementalDecoder(
        ids -> encoder.decode(ids, skipSpecialTokens), vocabulary, skipSpecialTokens);
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public OptionalInt idOf(String token) {
    return vocabulary.idOf(token);
  }

  @Override
  public Optional<String> tokenOf(int id) {
    return vocabulary.tokenOf(id);
  }

  @Override
  public OptionalInt bosToken() {
    return specialTokens.bos();
  }

  @Override
  public OptionalInt eosToken() {
    return specialTokens.eos();
  }

  @Override
  public void close() {
    encoder.close();
  }
}
