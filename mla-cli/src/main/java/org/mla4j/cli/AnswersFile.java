package org.mla4j.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.models.evaluation.GradedAnswer;

/**
 * The file of {@code --answers}. It is opened before anything is computed: a path that cannot be
 * written must not cost an evaluation.
 */
final class AnswersFile implements AutoCloseable {
  private final Path file;
  private final Writer writer;

  private AnswersFile(Path file, Writer writer) {
    this.file = file;
    this.writer = writer;
  }

  static AnswersFile open(Path file, Path questions) {
    try {
      if (Files.exists(file) && Files.isSameFile(file, questions)) {
        throw new InvalidInputException(
            ErrorCode.INVALID_REQUEST,
            "Option --answers = '" + file + "', the file of the questions; expected another one.");
      }
      return new AnswersFile(file, Files.newBufferedWriter(file));
    } catch (IOException e) {
      throw refused(file, e);
    }
  }

  void write(List<GradedAnswer> answers) {
    try {
      for (GradedAnswer answer : answers) {
        writer.write(Json.line(AnswerLine.of(answer)) + "\n");
      }
      writer.flush();
    } catch (IOException e) {
      throw refused(file, e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw refused(file, e);
    }
  }

  private static InvalidInputException refused(Path file, IOException cause) {
    return new InvalidInputException(
        ErrorCode.INVALID_REQUEST,
        "Option --answers = '" + file + "' cannot be written: " + cause + ".",
        cause);
  }
}
