"""Computes what Python's jinja2 prints for the templates of a case file, and writes it into the file.

usage: python3 jinja_oracle.py CASES.json   (needs jinja2; the checked-in results are those of 3.1.6 on Python 3.11)

The environment is the one that Hugging Face transformers documents for chat templates. A case whose template fails gets
"fails": true instead of an output; the words of the message are not compared.
"""

import json
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox
from jinja2 import nodes


class Generation(jinja2.ext.Extension):
    """Renders {% generation %} blocks as a call block, which gives them a scope of their own."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _render(self, context, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = lambda format: format


def main(path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    for group in cases["groups"]:
        for case in group["cases"]:
            case.pop("output", None)
            case.pop("fails", None)
            try:
                case["output"] = environment.from_string(case["template"]).render(**cases["variables"])
            except Exception:
                case["fails"] = True
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(cases, file, ensure_ascii=False, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
