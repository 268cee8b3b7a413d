"""Evaluates a ruleset of Glue Data Quality (DQDL) on a frame.

One file of rules serves twice: the job asks them here before anything is published, a laptop too, and Glue Data Quality
asks them again of the table in the catalog, where consumers see the score. This knows the part of DQDL that the ruleset
uses, and refuses the rest rather than pass it over.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_NUMBER = r"-?\d+(?:\.\d+)?"
_RULE = re.compile(
    rf"""(?P<type>[A-Za-z]+)
         (?:\s+"(?P<column>[^"]+)")?
         (?:\s*(?P<comparison>>=|<=|!=|>|<|=)\s*(?P<number>{_NUMBER})
           |\s+in\s+\[(?P<choices>[^\]]*)\])?""",
    re.VERBOSE,
)
_MEASURES: dict[str, Callable[[pd.Series], float]] = {
    "Completeness": lambda values: float(values.notna().mean()),
    "Mean": lambda values: float(values.mean()),
    "StandardDeviation": lambda values: float(values.std()),
    "Uniqueness": lambda values: float((~values.duplicated(keep=False)).mean()),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a rule."""

    rule: str
    passed: bool


@dataclass(frozen=True)
class Verdict:
    """What became of a ruleset."""

    outcomes: list[Outcome]

    @property
    def score(self) -> float:
        """Share of the rules that passed, as Glue counts it."""
        return sum(outcome.passed for outcome in self.outcomes) / len(self.outcomes)

    @property
    def failed(self) -> list[str]:
        """The rules that did not pass."""
        return [outcome.rule for outcome in self.outcomes if not outcome.passed]


def evaluate(ruleset: str, frame: pd.DataFrame) -> Verdict:
    """Asks every rule of `ruleset` of `frame`; ValueError names the first that is not understood."""
    return Verdict([Outcome(rule, bool(_holds(rule, frame))) for rule in rules(ruleset)])


def rules(ruleset: str) -> list[str]:
    """The rules, as they are written."""
    text = re.sub(r"^\s*#.*$", "", ruleset, flags=re.MULTILINE).strip()
    body = re.fullmatch(r"Rules\s*=\s*\[(.*)\]", text, flags=re.DOTALL)
    if body is None:
        raise ValueError("a ruleset is written Rules = [ rule, rule ... ]")
    # A comma within quotes or brackets belongs to a rule.
    found = re.findall(r'(?:[^,"\[]|"[^"]*"|\[[^\]]*\])+', body[1])
    return [" ".join(rule.split()) for rule in found if rule.strip()]


def _comparison(symbol: str | None, number: str) -> Callable[[Any], Any] | None:
    """What compares with `number`, if the rule compares."""
    if symbol is None:
        return None
    return lambda value: _COMPARISONS[symbol](value, float(number))


def _holds(rule: str, frame: pd.DataFrame) -> Any:
    match = _RULE.fullmatch(rule)
    question = match and _question(match)
    if match is None or question is None:
        raise ValueError(f"the rule is not understood: {rule}")
    column = match["column"]
    if column is None:
        return question(frame)
    return column in frame and question(frame[column])


def _question(match: re.Match[str]) -> Callable[[Any], Any] | None:
    """What the rule asks of a column or, without one, of the frame; None if that is not understood."""
    kind, column, choices = match["type"], match["column"] is not None, match["choices"]
    compare = _comparison(match["comparison"], match["number"])
    plain = compare is None and choices is None
    if not column and compare:
        sizes: dict[str, Callable[[pd.DataFrame], int]] = {
            "RowCount": len,
            "ColumnCount": lambda frame: len(frame.columns),
        }
        size = sizes.get(kind)
        return size and (lambda frame: compare(size(frame)))
    if not column:
        return None
    if plain:
        return {
            "ColumnExists": lambda values: True,
            "IsComplete": lambda values: values.notna().all(),
            "IsUnique": lambda values: not values.duplicated().any(),
        }.get(kind)
    if kind == "ColumnValues" and compare:
        return lambda values: values.notna().all() and compare(values).all()
    if kind == "ColumnValues":
        return lambda values: values.isin(re.findall(r'"([^"]*)"', choices)).all()
    measure = _MEASURES.get(kind)
    return measure and compare and (lambda values: compare(measure(values)))
