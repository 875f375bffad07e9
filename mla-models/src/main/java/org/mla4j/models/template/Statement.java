package org.mla4j.models.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The syntax of templates: text, printed expressions and statements. */
sealed interface Statement {

  /** Text that is printed as it stands. */
  record Text(String text) implements Statement {}

  /** {@code {{ expression }}}. */
  record Print(Expression expression) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  /** One condition of an {@code if} with what it guards. */
  record Branch(Expression condition, List<Statement> body) {}

  /** A loop; {@code otherwise} runs if there was no item at all. */
  record For(
      Target target,
      Expression items,
      @Nullable Expression condition,
      boolean isRecursive,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  record Set(Target target, Expression value) implements Statement {}

  /** {@code {% set target | filters %}body{% endset %}}. */
  record SetBlock(Target target, List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  record With(List<Binding> bindings, List<Statement> body) implements Statement {}

  /** One variable of a {@code with}. */
  record Binding(Target target, Expression value) {}

  record FilterBlock(List<Expression.FilterCall> filters, List<Statement> body)
      implements Statement {}

  record Macro(String name, Signature signature, List<Statement> body) implements Statement {}

  /** {@code {% call(parameters) macro(arguments) %}body{% endcall %}}. */
  record CallBlock(Signature signature, Expression.Call call, List<Statement> body)
      implements Statement {}

  /**
   * {@code {% generation %}body{% endgeneration %}}: marks, for training, what the model is to
   * produce.
   */
  record Generation(List<Statement> body) implements Statement {}

  /**
   * The parameters of a macro.
   *
   * @param parameters the parameters, those with a default last
   * @param usesVarargs whether the body reads {@code varargs}, so that more positional arguments
   *     are welcome
   * @param usesKwargs whether the body reads {@code kwargs}, so that any named argument is welcome
   * @param usesCaller whether the body reads {@code caller}
   */
  record Signature(
      List<Parameter> parameters, boolean usesVarargs, boolean usesKwargs, boolean usesCaller) {}

  /** One parameter; null is "no default". */
  record Parameter(String name, @Nullable Expression otherwise) {}

  /** What can be assigned to. */
  sealed interface Target {

    Location at();

    record Name(Location at, String name) implements Target {}

    /** {@code namespace.name}. */
    record Member(Location at, String namespace, String name) implements Target {}

    record Unpacked(Location at, List<Target> targets) implements Target {}
  }
}
