package org.mla4j.models.tokenizer;

import java.util.Optional;
import java.util.OptionalInt;
import org.mla4j.core.engine.TextDecoder;

/**
 * Turns text into the ids that a model reads, and ids into text.
 *
 * <p><b>Ownership:</b> whoever opened it closes it; it holds memory outside of the Java heap.
 * Closing twice does no harm.
 *
 * <p><b>Threading:</b> safe for use by several threads at once. {@link #close()} waits for the
 * calls that are under way.
 *
 * <p><b>Errors:</b> every call after {@link #close()}, except to {@code close()} itself, throws
 * {@link org.mla4j.api.error.ClosedException}.
 */
public interface Tokenizer extends AutoCloseable {

  /**
   * Encodes a text. No length limit applies and nothing is padded.
   *
   * @param text any text, in which the names of added tokens stand for those tokens
   * @param addSpecialTokens whether to add what the model wants around a text, such as the token
   *     for its beginning. False for what a chat template has rendered: it has written these tokens
   *     already.
   * @return the ids
   * @throws org.mla4j.api.error.InvalidInputException if the text has an unpaired surrogate, for
   *     which there is no UTF-8 and so no token
   * @throws org.mla4j.api.error.ModelException if the tokenizer has no token for a part of the text
   */
  int[] encode(String text, boolean addSpecialTokens);

  /**
   * Decodes ids. Bytes that are no UTF-8 become U+FFFD. An id without a token, such as one in the
   * padding of a model's vocabulary, contributes no text.
   *
   * @param ids ids in the order of the text
   * @param skipSpecialTokens whether to leave out special tokens
   * @return the text
   * @throws org.mla4j.api.error.InvalidInputException if an id is negative
   */
  String decode(int[] ids, boolean skipSpecialTokens);

  /**
   * Starts to decode ids one by one, as a model produces them. The pieces joined are what {@link
   * #decode} makes of all ids, at a cost per id that does not depend on how many came before.
   *
   * @param skipSpecialTokens whether to leave out special tokens
   * @return a decoder for one text, to be used by one thread
   */
  TextDecoder newDecoder(boolean skipSpecialTokens);

  /**
   * Counts the tokens, added ones included. A model's own vocabulary can be larger: it is often
   * padded.
   *
   * @return the number of tokens
   */
  int vocabularySize();

  /**
   * Returns the largest id of a token. Ids may have gaps, so it can be more than their number.
   *
   * @return what every text's ids are at most; -1 if there is no token
   */
  int largestId();

  /**
   * Looks up the id of a token.
   *
   * @param token the token as {@code tokenizer.json} writes it
   * @return its id, or empty if there is no such token
   */
  OptionalInt idOf(String token);

  /**
   * Looks up the token of an id.
   *
   * @param id an id
   * @return the token as {@code tokenizer.json} writes it, or empty if there is no such id
   */
  Optional<String> tokenOf(int id);

  /**
   * Returns the token with which texts begin.
   *
   * @return its id, or empty if the model has none
   */
  OptionalInt bosToken();

  /**
   * Returns the token that ends an answer. A model can have more of them; its generation
   * configuration lists them.
   *
   * @return its id, or empty if the model has none
   */
  OptionalInt eosToken();

  /** Gives back the memory. */
  @Override
  void close();
}
