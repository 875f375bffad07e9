package org.mla4j.models.template;

/**
 * One token of a template.
 *
 * @param kind what it is
 * @param text the literal text, the name, the operator, or the value of a string
 * @param at where it starts
 */
record Token(Kind kind, String text, Location at) {

  /** Kinds of tokens. */
  enum Kind {
    /** Text between tags, white-space control already applied. */
    DATA("text"),
    /** The start of a statement. */
    BLOCK_BEGIN("{%"),
    /** The end of a statement. */
    BLOCK_END("%}"),
    /** The start of a printed expression. */
    VARIABLE_BEGIN("{{"),
    /** The end of a printed expression. */
    VARIABLE_END("}}"),
    NAME("a name"),
    STRING("a string"),
    INTEGER("an integer"),
    REAL("a number"),
    OPERATOR("an operator"),
    END("the end of the template");

    private final String description;

    Kind(String description) {
      this.description = description;
    }

    String description() {
      return description;
    }
  }

  boolean isOperator(String symbol) {
    return kind == Kind.OPERATOR && text.equals(symbol);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** {@return how a message names this token} */
  String describe() {
    return switch (kind) {
      case NAME, OPERATOR, INTEGER, REAL -> "'" + text + "'";
      case STRING -> "the string " + PythonText.quote(text);
      case DATA, BLOCK_BEGIN, BLOCK_END, VARIABLE_BEGIN, VARIABLE_END, END ->
          kind.description().startsWith("t") ? kind.description() : "'" + kind.description() + "'";
    };
  }
}
