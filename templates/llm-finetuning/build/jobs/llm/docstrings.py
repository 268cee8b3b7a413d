"""Examples from Python itself: functions of the standard library, and what their docstrings say they do.

Sources are parsed where Python is installed; nothing is imported, copied or downloaded. Their licence is Python's.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from llm.examples import Example

INSTRUCTION = "Write the first line of the docstring of this Python function."
LEFT_OUT = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
SOURCE_LENGTH = range(80, 1600)
SUMMARY_LENGTH = range(20, 160)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def examples(library: Path | None = None) -> Iterator[Example]:
    """An example of every documented function, in an order that does not depend on the file system."""
    library = library or Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).parts
        if LEFT_OUT.isdisjoint(parts):
            yield from of_source(path.read_text(encoding="utf-8", errors="replace"), group=".".join(parts)[:-3])


def of_source(source: str, group: str) -> Iterator[Example]:
    """Examples of one module."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, Function) and not node.name.startswith("_"):
            summary = summarise(node)
            code = without_docstring(node)
            if summary and len(code) in SOURCE_LENGTH:
                yield Example(f"{INSTRUCTION}\n\n```python\n{code}\n```", summary, group)


def summarise(function: Function) -> str | None:
    """The first sentence of the docstring, if it is one."""
    docstring = ast.get_docstring(function) or ""
    summary = " ".join(docstring.split("\n\n", maxsplit=1)[0].split())
    return summary if summary.endswith(".") and len(summary) in SUMMARY_LENGTH else None


def without_docstring(function: Function) -> str:
    """The function's source as Python would write it, without its docstring."""
    body = function.body[1:] or [ast.Pass()]
    bare = type(function)(**{field: getattr(function, field, None) for field in function._fields} | {"body": body})
    return ast.unparse(ast.fix_missing_locations(bare))
