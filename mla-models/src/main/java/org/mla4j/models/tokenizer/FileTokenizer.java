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
    encoder.requireOpen("newDecoder");
    return new IncrementalDecoder(
        ids -> encoder.decode(ids, skipSpecialTokens), vocabulary, skipSpecialTokens);
  }

  @Override
  public int vocabularySize() {
    encoder.requireOpen("vocabularySize");
    return vocabulary.size();
  }

  @Override
  public int largestId() {
    encoder.requireOpen("largestId");
    return vocabulary.largestId();
  }

  @Override
  public OptionalInt idOf(String token) {
    encoder.requireOpen("idOf");
    return vocabulary.idOf(token);
  }

  @Override
  public Optional<String> tokenOf(int id) {
    encoder.requireOpen("tokenOf");
    return vocabulary.tokenOf(id);
  }

  @Override
  public OptionalInt bosToken() {
    encoder.requireOpen("bosToken");
    return specialTokens.bos();
  }

  @Override
  public OptionalInt eosToken() {
    encoder.requireOpen("eosToken");
    return specialTokens.eos();
  }

  @Override
  public void close() {
    encoder.close();
  }
}
