"""Judges the report of a run by what an integration test expects of its values."""

import re
from collections.abc import Callable
from typing import Any

_STEP = re.compile(r"\.(?P<name>\w+)|\['(?P<quoted>[^']*)'\]|\[(?P<place>-?\d+)\]|\[(?P<every>\*)\]")

QUESTIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, answer: value == answer,
    "between": lambda value, answer: answer[0] <= value <= answer[1],
    "at-least": lambda value, answer: value >= answer,
    "at-most": lambda value, answer: value <= answer,
    "one-of": lambda value, answer: value in answer,
    "matches": lambda value, answer: re.search(answer, value) is not None,
    "count": lambda value, answer: answer[0] <= len(value) <= answer[1],
}


def judge(expected: dict[str, Any], document: Any) -> str | None:
    """What is wrong with the values at `path`, if anything is; each further key asks one thing of each of them."""
    path = expected["path"]
    values = select(path, document)
    if not values:
        return f"{path} is not there"
    for question, answer in expected.items():
        if question == "path":
            continue
        for value in values:
            try:
                right = QUESTIONS[question](value, answer)
            except TypeError:
                # A text is neither more nor less than a number.
                right = False
            if not right:
                return f"{path} is {value!r}, which is not: {question} {answer!r}"
    return None


def select(path: str, document: Any) -> list[Any]:
    """The values at a path such as `$.tables[0].rows`, `$['a name'][-1]` or `$.rows[*]`, which is each of a list."""
    values, rest = [document], path.removeprefix("$")
    while rest:
        if not path.startswith("$") or not (step := _STEP.match(rest)):
            raise ValueError(f"the path {path} is not understood from {rest!r} on")
        values, rest = [found for value in values for found in _step(step, value)], rest[step.end() :]
    return values


def _step(step: re.Match[str], value: Any) -> list[Any]:
    name = step["name"] if step["name"] is not None else step["quoted"]
    if name is not None:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if step["every"]:
        return value
    place = int(step["place"])
    return [value[place]] if -len(value) <= place < len(value) else []
