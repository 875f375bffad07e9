"""Computes what Python's jinja2 makes of conversations with the templates of a folder, and writes it into its cases.json.

usage: python3 family_oracle.py FOLDER   (needs jinja2; the checked-in results are those of 3.1.6 on Python 3.11)

The folder has a template per family, FAMILY.jinja. A conversation that its template refuses, or fails on, gets null.
"""

import json
import pathlib
import sys

from jinja_oracle import environment

folder = pathlib.Path(sys.argv[1])
path = folder / "cases.json"
content = json.loads(path.read_text(encoding="utf-8"))
content["families"] = {}
for file in sorted(folder.glob("*.jinja")):
    template = environment.from_string(file.read_text(encoding="utf-8"))
    results = content["families"][file.stem] = {}
    for name, variables in content["conversations"].items():
        try:
            results[name] = template.render(**variables)
        except Exception as failure:
            print(file.stem, "|", name, "|", failure, file=sys.stderr)
            results[name] = None
path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
