package org.mla4j.models.template;

/**
 * Says why a template could not be parsed or rendered, and where.
 *
 * <p>The message reads {@code origin:line:column: detail}. Nothing was rendered: there is no
 * partial output.
 */
public final class TemplateException extends RuntimeException {

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

  private final Kind kind;
  private final String origin;
  private final int line;
  private final int column;
  private final String detail;

  private TemplateException(Kind kind, String origin, Location at, String detail) {
    super(origin + ":" + at.line() + ":" + at.column() + ": " + detail);
    this.kind = kind;
    this.origin = origin;
    this.line = at.line();
    this.column = at.column();
    this.detail = detail;
  }

  static TemplateException of(Kind kind, String origin, Location at, String detail) {
    return new TemplateException(kind, origin, at, detail);
  }

  /** {@return what went wrong} */
  public Kind kind() {
    return kind;
  }

  /** {@return the name under which the template was parsed, usually a file} */
  public String origin() {
    return origin;
  }

  /** {@return the line of the source, from 1} */
  public int line() {
    return line;
  }

  /** {@return the column of the source, from 1} */
  public int column() {
    return column;
  }

  /**
   * {@return the message without its place; for {@link Kind#RAISED} exactly what the template said}
   */
  public String detail() {
    return detail;
  }
}
