"""Evaluates the conditions of both CI systems: `if` of GitHub Actions, `rules:if` of GitLab.

Written from the providers' documents, and for the part of both languages that the templates use; anything else is an
error. The two differ in their leaves: GitHub has `github.ref` and 'text', GitLab has $VARIABLE, "text" and /pattern/.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?: (?P<operator>\|\||&&|==|!=|=~|!~|[!(),])
             | (?P<pattern>/(?:[^/\\]|\\.)*/)
             | (?P<text>'(?:[^']|'')*'|"[^"]*")
             | (?P<variable>\$\w+)
             | (?P<name>[A-Za-z_][\w.-]*) )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Call:
    """What a condition may call, by its name in lower case: GitHub's are not sensitive to case."""

    name: str

    def __call__(self, *arguments: Any) -> Any:
        """Calls it."""
        match self.name, arguments:
            case "contains", [list() as choices, wanted]:
                return wanted in choices
            case "contains", [str() as text, wanted]:
                return wanted.lower() in text.lower()
            case "fromjson", [text]:
                return json.loads(text)
            case "startswith", [text, wanted]:
                return text.lower().startswith(wanted.lower())
        raise SyntaxError(f"no function {self.name} of {len(arguments)} arguments is known here")


class Expression:
    """A condition, and the values that its names have."""

    def __init__(self, source: str, values: Mapping[str, Any]) -> None:
        """Reads `source`; `values` are by name: `github.ref`, or `CI_COMMIT_BRANCH` without its dollar."""
        self._tokens: list[tuple[str, str]] = []
        self._values, rest = values, source.strip()
        while rest:
            if not (token := _TOKEN.match(rest)):
                raise SyntaxError(f"not understood: {rest}")
            assert token.lastgroup is not None
            self._tokens.append((token.lastgroup, token[token.lastgroup]))
            rest = rest[token.end() :].strip()

    def value(self) -> Any:
        """What it comes to."""
        found = self._either()
        if self._tokens:
            raise SyntaxError(f"not understood: {self._tokens}")
        return found

    def _takes(self, *operators: str) -> str | None:
        if self._tokens and self._tokens[0][0] == "operator" and self._tokens[0][1] in operators:
            return self._tokens.pop(0)[1]
        return None

    def _either(self) -> Any:
        found = self._both()
        while self._takes("||"):
            other = self._both()
            found = found or other
        return found

    def _both(self) -> Any:
        found = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            found = found and other
        return found

    def _comparison(self) -> Any:
        left = self._leaf()
        if (operator := self._takes("==", "!=", "=~", "!~")) is None:
            return left
        right = self._leaf()
        match operator:
            case "==":
                return left == right
            case "!=":
                return left != right
        # In GitLab a variable that is not set matches nothing.
        matches = left is not None and re.search(right, left) is not None
        return matches if operator == "=~" else not matches

    def _leaf(self) -> Any:
        if self._takes("!"):
            return not self._leaf()
        if self._takes("("):
            found = self._either()
            if not self._takes(")"):
                raise SyntaxError("a bracket is not closed")
            return found
        kind, text = self._tokens.pop(0)
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "pattern":
                return text[1:-1]
            case "variable":
                return self._values.get(text[1:])
            case "name" if self._takes("("):
                return Call(text.lower())(*self._arguments())
            case "name" if text in ("null", "true", "false"):
                return json.loads(text)
            case "name":
                return self._values.get(text)
        raise SyntaxError(f"not understood: {text}")

    def _arguments(self) -> list[Any]:
        arguments = []
        while not self._takes(")"):
            arguments.append(self._either())
            self._takes(",")
        return arguments


def holds(source: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds."""
    return bool(Expression(source.removeprefix("${{").removesuffix("}}"), values).value())
