package org.mla4j.models.evaluation;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * Reads questions from a file of JSON lines. Each line is one object with the strings {@code task}
 * and {@code expected}, the list {@code messages} of objects with the strings {@code role} and
 * {@code content}, and possibly the string {@code reference}.
 */
public final class QuestionFile {
  private QuestionFile() {}

  /**
   * Reads a file.
   *
   * @param file in UTF-8
   * @return at least one question, in the order of the file
   * @throws ModelException if the file cannot be read or is empty, or a line is malformed; the
   *     message names the line and the field
   */
  public static List<Question> read(Path file) {
    List<Question> questions = new ArrayList<>();
    // The bytes as they are: whoever parses a line decodes it, so that broken UTF-8 has a line,
    // too.
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        QuestionLine parser = new QuestionLine(file, questions.size() + 1);
        questions.add(parser.parse(line.getBytes(StandardCharsets.ISO_8859_1)));
      }
    } catch (NoSuchFileException e) {
      throw new ModelException(ErrorCode.MALFORMED_FILE, file + ": no such file.", e);
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MALFORMED_FILE, file + ": cannot be read: " + e + ".", e);
    }
    if (questions.isEmpty()) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE, file + ": empty; expected one question in each line.");
    }
    return List.copyOf(questions);
  }
}
