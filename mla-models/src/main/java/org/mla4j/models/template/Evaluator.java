package org.mla4j.models.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mla4j.models.template.Expression.CallArguments;
import org.mla4j.models.template.Expression.FilterCall;

/** Computes expressions. A failure is reported at the innermost expression in which it happens. */
final class Evaluator {

  private final String origin;
  private final Budget budget;

  Evaluator(String origin, Budget budget) {
    this.origin = origin;
    this.budget = budget;
  }

  Value evaluate(Expression expression, Scope scope) {
    try {
      budget.enter();
      return compute(expression, scope);
    } catch (EvaluationFailure failure) {
      throw failure.at(origin, expression.at());
    } finally {
      budget.leave();
    }
  }

  /** {@return what printing the expression prints} */
  String text(Expression expression, Scope scope) {
    Value value = evaluate(expression, scope);
    try {
      return PythonText.str(value);
    } catch (EvaluationFailure failure) {
      throw failure.at(origin, expression.at());
    }
  }

  boolean isTrue(Expression expression, Scope scope) {
    return Truth.of(evaluate(expression, scope));
  }

  /** {@return {@code input} after the filters, one after another} */
  Value filter(Value input, List<FilterCall> filters, Scope scope) {
    Value value = input;
    for (FilterCall filter : filters) {
      try {
        value = Filters.apply(filter.name(), value, arguments(filter.arguments(), scope));
      } catch (EvaluationFailure failure) {
        throw failure.at(origin, filter.at());
      }
    }
    return value;
  }

  /** {@return the result of {@code call} with {@code caller} as a further argument} */
  Value call(Expression.Call call, Value caller, Scope scope) {
    try {
      Value callee = evaluate(call.callee(), scope);
      return call(callee, arguments(call.arguments(), scope).with("caller", caller));
    } catch (EvaluationFailure failure) {
      throw failure.at(origin, call.at());
    }
  }

  private Value compute(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Variable variable -> scope.get(variable.name());
      case Expression.ListLiteral list -> new Value.ListOf(evaluateAll(list.items(), scope));
      case Expression.TupleLiteral tuple -> new Value.Tuple(evaluateAll(tuple.items(), scope));
      case Expression.DictLiteral dict -> dict(dict.entries(), scope);
      case Expression.Attribute(_, Expression object, String name) ->
          Access.attribute(evaluate(object, scope), name);
      case Expression.Item(_, Expression object, Expression key) ->
          Access.item(evaluate(object, scope), evaluate(key, scope));
      case Expression.SliceOf slice ->
          Access.slice(
              evaluate(slice.object(), scope),
              evaluateBound(slice.start(), scope),
              evaluateBound(slice.stop(), scope),
              evaluateBound(slice.step(), scope));
      case Expression.Call(_, Expression callee, CallArguments arguments) ->
          call(evaluate(callee, scope), arguments(arguments, scope));
      case Expression.Filtered(_, Expression input, FilterCall filter) ->
          filter(evaluate(input, scope), List.of(filter), scope);
      case Expression.Tested(_, Expression input, String name, CallArguments arguments) ->
          Value.of(Tests.holds(name, evaluate(input, scope), arguments(arguments, scope)));
      case Expression.Signed(_, boolean isNegative, Expression operand) ->
          isNegative
              ? Arithmetic.negate(evaluate(operand, scope))
              : Arithmetic.plus(evaluate(operand, scope));
      case Expression.Binary(_, ArithmeticOperator operator, Expression left, Expression right) ->
          Arithmetic.apply(operator, evaluate(left, scope), evaluate(right, scope));
      case Expression.Compared compared -> Value.of(compare(compared, scope));
      case Expression.Joined joined -> join(joined.operands(), scope);
      case Expression.And(_, Expression left, Expression right) -> {
        Value value = evaluate(left, scope);
        yield Truth.of(value) ? evaluate(right, scope) : value;
      }
      case Expression.Or(_, Expression left, Expression right) -> {
        Value value = evaluate(left, scope);
        yield Truth.of(value) ? value : evaluate(right, scope);
      }
      case Expression.Not(_, Expression operand) -> Value.of(!isTrue(operand, scope));
      case Expression.Conditional conditional -> choose(conditional, scope);
    };
  }

  private Value dict(List<Expression.Entry> entries, Scope scope) {
    Map<Value, Value> values = new LinkedHashMap<>();
    for (Expression.Entry entry : entries) {
      Value key = Comparison.hashable(evaluate(entry.key(), scope));
      values.put(key, evaluate(entry.value(), scope));
    }
    return new Value.Dict(values);
  }

  private boolean compare(Expression.Compared compared, Scope scope) {
    Value left = evaluate(compared.first(), scope);
    for (Expression.Comparand comparand : compared.rest()) {
      Value right = evaluate(comparand.operand(), scope);
      if (!Comparison.apply(comparand.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Value join(List<Expression> operands, Scope scope) {
    Output out = new Output();
    for (Expression operand : operands) {
      out.append(text(operand, scope));
    }
    return Value.of(out.toString());
  }

  private Value choose(Expression.Conditional conditional, Scope scope) {
    if (isTrue(conditional.condition(), scope)) {
      return evaluate(conditional.value(), scope);
    }
    Expression otherwise = conditional.otherwise();
    return otherwise == null
        ? new Value.Undefined("the condition of an 'if' without 'else' was false")
        : evaluate(otherwise, scope);
  }

  private static Value call(Value callee, Arguments arguments) {
    return switch (callee) {
      case Value.Function function -> function.body().call(arguments);
      case LoopState loop -> loop.recurse(arguments.bind("loop", 1, "iterable").value(0));
      case Value.Undefined undefined -> throw EvaluationFailure.of(undefined.message());
      default ->
          throw EvaluationFailure.of("a value of type " + callee.typeName() + " cannot be called");
    };
  }

  private Arguments arguments(CallArguments arguments, Scope scope) {
    List<Value> positional = evaluateAll(arguments.positional(), scope);
    Expression spread = arguments.spread();
    if (spread != null) {
      positional.addAll(Iteration.items(evaluate(spread, scope)));
    }
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expression.Named argument : arguments.named()) {
      addNamed(named, argument.name(), evaluate(argument.value(), scope));
    }
    Expression spreadNamed = arguments.spreadNamed();
    if (spreadNamed != null) {
      spread(evaluate(spreadNamed, scope), named);
    }
    return new Arguments(positional, named);
  }

  private static void spread(Value value, Map<String, Value> named) {
    if (!(value instanceof Value.Dict dict)) {
      throw EvaluationFailure.of("** needs a dict, got a value of type " + value.typeName());
    }
    dict.entries()
        .forEach((key, argument) -> {
          if (!(key instanceof Value.Str(String name))) {
            throw EvaluationFailure.of("** needs a dict with strings as keys");
          }
          addNamed(named, name, argument);
        });
  }

  private static void addNamed(Map<String, Value> named, String name, Value value) {
    if (named.putIfAbsent(name, value) != null) {
      throw EvaluationFailure.of("the argument '" + name + "' is given twice");
    }
  }

  private List<Value> evaluateAll(List<Expression> expressions, Scope scope) {
    List<Value> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private @Nullable Value evaluateBound(@Nullable Expression bound, Scope scope) {
    return bound == null ? null : evaluate(bound, scope);
  }
}
