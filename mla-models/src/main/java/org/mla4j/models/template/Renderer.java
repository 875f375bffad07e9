package org.mla4j.models.template;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.mla4j.models.template.Statement.Target;

/** Runs the statements of a template. One renderer serves one rendering. */
final class Renderer {

  private final String origin;
  private final Budget budget = new Budget();
  private final Evaluator evaluator;

  Renderer(String origin) {
    this.origin = origin;
    this.evaluator = new Evaluator(origin, budget);
  }

  /** How a block ended. */
  private enum Completion {
    NORMAL,
    BREAK,
    CONTINUE
  }

  String render(List<Statement> template, Map<String, Value> variables) {
    Output out = new Output();
    try {
      run(template, Scope.of(variables), out);
    } catch (EvaluationFailure failure) {
      // Only what belongs to no expression comes here: the length of the whole output.
      throw failure.at(origin, new Location(1, 1));
    }
    return out.toString();
  }

  private Completion run(List<Statement> statements, Scope scope, Output out) {
    for (Statement statement : statements) {
      Completion completion = run(statement, scope, out);
      if (completion != Completion.NORMAL) {
        return completion;
      }
    }
    return Completion.NORMAL;
  }

  private Completion run(Statement statement, Scope scope, Output out) {
    switch (statement) {
      case Statement.Text(String text) -> out.append(text);
      case Statement.Print(Expression expression) -> out.append(evaluator.text(expression, scope));
      case Statement.Set(Target target, Expression value) ->
          assign(target, evaluator.evaluate(value, scope), scope);
      case Statement.Macro(String name, Statement.Signature signature, List<Statement> body) ->
          scope.set(name, macro("macro '" + name + "'", name, signature, body, scope));
      case Statement.CallBlock(
              Statement.Signature signature,
              Expression.Call call,
              List<Statement> body) -> {
        Value caller = macro("the body of a call block", "caller", signature, body, scope);
        out.append(PythonText.str(evaluator.call(call, caller, scope)));
      }
      case Statement.If choice -> {
        return runNested(chosen(choice, scope), scope, out);
      }
      case Statement.For loop -> {
        return runLoop(loop, evaluator.evaluate(loop.items(), scope), scope, 0, out);
      }
      case Statement.Break _ -> {
        return Completion.BREAK;
      }
      case Statement.Continue _ -> {
        return Completion.CONTINUE;
      }
      case Statement.SetBlock block -> {
        return runSetBlock(block, scope);
      }
      case Statement.FilterBlock block -> {
        return runFilterBlock(block, scope, out);
      }
      case Statement.With(List<Statement.Binding> bindings, List<Statement> body) -> {
        Scope inner = scope.inner();
        // The values see the variables around the block, not each other.
        bindings.forEach(b -> assign(b.target(), evaluator.evaluate(b.value(), scope), inner));
        return runNested(body, inner, out);
      }
      case Statement.Generation(List<Statement> body) -> {
        return runNested(body, scope.inner(), out);
      }
    }
    return Completion.NORMAL;
  }

  private Completion runNested(List<Statement> body, Scope scope, Output out) {
    budget.enter();
    Completion completion = run(body, scope, out);
    budget.leave();
    return completion;
  }

  private List<Statement> chosen(Statement.If choice, Scope scope) {
    for (Statement.Branch branch : choice.branches()) {
      if (evaluator.isTrue(branch.condition(), scope)) {
        return branch.body();
      }
    }
    return choice.otherwise();
  }

  private Completion runLoop(Statement.For loop, Value items, Scope scope, int depth, Output out) {
    UnaryOperator<Value> recursion =
        nested -> {
          Output inner = new Output();
          runLoop(loop, nested, scope, depth + 1, inner);
          return Value.of(inner.toString());
        };
    LoopState state =
        new LoopState(iterator(loop, items, scope), depth, loop.isRecursive() ? recursion : null);
    boolean ranToTheEnd = false;
    while (state.hasNext()) {
      budget.step();
      Scope inner = scope.inner();
      assign(loop.target(), state.next(), inner);
      inner.set("loop", state);
      Completion completion = runNested(loop.body(), inner, out);
      ranToTheEnd |= completion == Completion.NORMAL;
      if (completion == Completion.BREAK) {
        break;
      }
    }
    // As in jinja2, a loop of which every iteration was cut short counts as one without items.
    return ranToTheEnd ? Completion.NORMAL : runNested(loop.otherwise(), scope.inner(), out);
  }

  private Iterator<Value> iterator(Statement.For loop, Value items, Scope scope) {
    Iterator<Value> all;
    try {
      all = Iteration.iterator(items);
    } catch (EvaluationFailure failure) {
      throw failure.at(origin, loop.items().at());
    }
    Expression condition = loop.condition();
    if (condition == null) {
      return all;
    }
    return new SelectionFilters.Selected(
        all,
        item -> {
          Scope inner = scope.inner();
          assign(loop.target(), item, inner);
          return evaluator.isTrue(condition, inner);
        });
  }

  private Completion runSetBlock(Statement.SetBlock block, Scope scope) {
    Output captured = new Output();
    Completion completion = runNested(block.body(), scope.inner(), captured);
    if (completion == Completion.NORMAL) {
      Value text = Value.of(captured.toString());
      assign(block.target(), evaluator.filter(text, block.filters(), scope), scope);
    }
    return completion;
  }

  private Completion runFilterBlock(Statement.FilterBlock block, Scope scope, Output out) {
    Output captured = new Output();
    Completion completion = runNested(block.body(), scope.inner(), captured);
    if (completion == Completion.NORMAL) {
      Value text = Value.of(captured.toString());
      out.append(PythonText.str(evaluator.filter(text, block.filters(), scope)));
    }
    return completion;
  }

  private void assign(Target target, Value value, Scope scope) {
    switch (target) {
      case Target.Name(_, String name) -> scope.set(name, value);
      case Target.Member(Location at, String name, String member) -> {
        if (!(scope.get(name) instanceof Namespace namespace)) {
          throw EvaluationFailure.of(
                  "'" + name + "' is not a namespace, so its attributes cannot be assigned")
              .at(origin, at);
        }
        namespace.set(member, value);
      }
      case Target.Unpacked(Location at, List<Target> targets) -> unpack(at, targets, value, scope);
    }
  }

  private void unpack(Location at, List<Target> targets, Value value, Scope scope) {
    List<Value> items;
    try {
      items = Iteration.items(value);
      if (items.size() != targets.size()) {
        throw EvaluationFailure.of(
            "expected " + targets.size() + " values to unpack, got " + items.size());
      }
    } catch (EvaluationFailure failure) {
      throw failure.at(origin, at);
    }
    for (int i = 0; i < targets.size(); i++) {
      assign(targets.get(i), items.get(i), scope);
    }
  }

  private Value macro(
      String description,
      String name,
      Statement.Signature signature,
      List<Statement> body,
      Scope definedIn) {
    return new Value.Function(
        name,
        arguments -> {
          budget.step();
          Scope scope = definedIn.inner();
          bind(description, signature, arguments, scope);
          Output out = new Output();
          runNested(body, scope, out);
          return Value.of(out.toString());
        });
  }

  private void bind(
      String description, Statement.Signature signature, Arguments arguments, Scope scope) {
    List<Value> positional = arguments.positional();
    Map<String, Value> named = new LinkedHashMap<>(arguments.named());
    int taken = Math.min(positional.size(), signature.parameters().size());
    for (int i = 0; i < signature.parameters().size(); i++) {
      Statement.Parameter parameter = signature.parameters().get(i);
      Value value = i < taken ? positional.get(i) : named.remove(parameter.name());
      scope.set(parameter.name(), value == null ? missing(parameter, scope) : value);
    }
    Value caller = signature.usesCaller() ? named.remove("caller") : null;
    if (signature.usesCaller()) {
      scope.set("caller", caller == null ? new Value.Undefined("No caller defined") : caller);
    }
    if (signature.usesKwargs()) {
      scope.set("kwargs", Globals.dictOf(named));
    } else if (!named.isEmpty()) {
      String first = named.keySet().iterator().next();
      throw EvaluationFailure.of(description + " takes no keyword argument '" + first + "'");
    }
    if (signature.usesVarargs()) {
      scope.set("varargs", new Value.Tuple(positional.subList(taken, positional.size())));
    } else if (positional.size() > taken) {
      throw EvaluationFailure.of(
          description + " takes not more than " + taken + " argument(s), got " + positional.size());
    }
  }

  private Value missing(Statement.Parameter parameter, Scope scope) {
    Expression otherwise = parameter.otherwise();
    return otherwise == null
        ? new Value.Undefined("parameter '" + parameter.name() + "' was not provided")
        : evaluator.evaluate(otherwise, scope);
  }
}
