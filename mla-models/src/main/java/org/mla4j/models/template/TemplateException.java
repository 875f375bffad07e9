package org.mla4j.models.template;

import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * Says why a template could not be parsed or rendered, and where.
 *
 * <p>The message reads {@code origin:line:column: detail} and ends with the code. Nothing was
 * rendered: there is no partial output.
 */
public final class TemplateException extends ModelException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, for callers that answer differently to each. */
  public enum Kind {
    /** The source is not a template: a tag, an expression or a literal is malformed or unknown. */
    SYNTAX,
    /**
     * A value did not support what the template asked of it, for example an attribute of something
     * undefined.
     */
    EVALUATION,
    /** The template itself refused the conversation by calling {@code raise_exception}. */
    RAISED,
    /** The template exceeded a limit on output, iterations or nesting. */
    LIMIT
  }

  /** What went wrong. */
  private final Kind kind;

  /** The name of the template. */
  private final String origin;

  /** Line of the source. */
  private final int line;

  /** Column of the source. */
  private final int column;

  /** The message without its place. */
  private final String detail;

  private TemplateException(Kind kind, String origin, Location at, String detail) {
    super(ErrorCode.CHAT_TEMPLATE, origin + ":" + at.line() + ":" + at.column() + ": " + detail);
    this.kind = kind;
    this.origin = origin;
    this.line = at.line();
    this.column = at.column();
    this.detail = detail;
  }

  static TemplateException of(Kind kind, String origin, Location at, String detail) {
    return new TemplateException(kind, origin, at, detail);
  }

  /**
   * Returns what went wrong.
   *
   * @return the kind of failure
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns where the template is from.
   *
   * @return the name under which the template was parsed, usually a file
   */
  public String origin() {
    return origin;
  }

  /**
   * Returns the line of the source.
   *
   * @return the line, from 1
   */
  public int line() {
    return line;
  }

  /**
   * Returns the column of the source.
   *
   * @return the column, from 1
   */
  public int column() {
    return column;
  }

  /**
   * Returns the message without its place.
   *
   * @return what went wrong; for {@link Kind#RAISED} exactly what the template said
   */
  public String detail() {
    return detail;
  }
}
