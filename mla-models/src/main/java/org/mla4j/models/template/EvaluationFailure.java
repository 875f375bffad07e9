package org.mla4j.models.template;

import org.mla4j.models.template.TemplateException.Kind;

/**
 * A failure that does not know its place yet.
 *
 * <p>Operators, filters and methods throw it; the interpreter turns it into a {@link
 * TemplateException} at the innermost expression that was being evaluated. It never leaves this
 * package.
 */
final class EvaluationFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String detail;

  private EvaluationFailure(Kind kind, String detail) {
    // No stack trace: the place that matters is the one in the template.
    super(detail, null, false, false);
    this.kind = kind;
    this.detail = detail;
  }

  static EvaluationFailure of(String detail) {
    return new EvaluationFailure(Kind.EVALUATION, detail);
  }

  static EvaluationFailure raised(String detail) {
    return new EvaluationFailure(Kind.RAISED, detail);
  }

  static EvaluationFailure limit(String detail) {
    return new EvaluationFailure(Kind.LIMIT, detail);
  }

  TemplateException at(String origin, Location location) {
    return TemplateException.of(kind, origin, location, detail);
  }
}
