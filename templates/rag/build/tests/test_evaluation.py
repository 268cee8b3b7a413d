"""Metrics against values worked out by hand, and the index of the repository against its questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from assistant import metrics, settings
from conftest import BUILD
from evaluate import evaluate

QUESTIONS = BUILD / "evaluation" / "questions.jsonl"


def test_recall_and_rank() -> None:
    """Two are relevant; one was found, in third place."""
    found, relevant = ["a", "b", "c"], frozenset({"c", "d"})
    assert metrics.recall(found, relevant) == 0.5
    assert metrics.reciprocal_rank(found, relevant) == pytest.approx(1 / 3)
    assert metrics.reciprocal_rank(found, frozenset({"d"})) == 0


def test_the_index_is_good_enough(directory: Path, wanted: settings.Settings) -> None:
    """Even without a model that knows what words mean."""
    measured = evaluate(directory, QUESTIONS)
    assert measured["recall"] >= wanted.evaluation.minimum_recall
    assert measured["mrr"] >= wanted.evaluation.minimum_mrr
    assert measured["refusals"] >= wanted.evaluation.minimum_refusals


def test_a_worse_index_measures_worse(directory: Path, tmp_path: Path) -> None:
    """Else the metrics would say nothing: here every question is about another section."""
    lines = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    answerable = [line for line in lines if line["relevant"]]
    turned = [line | {"relevant": after["relevant"]} for line, after in zip(answerable, answerable[9:], strict=False)]
    wrong = tmp_path / "questions.jsonl"
    wrong.write_text("\n".join(json.dumps(line) for line in [*turned, lines[-1]]), encoding="utf-8")
    assert evaluate(directory, wrong)["recall"] < 0.3


def test_questions_about_sections_that_are_gone_are_an_error(directory: Path, tmp_path: Path) -> None:
    """They would pull recall down for a reason that nobody sees."""
    old = tmp_path / "questions.jsonl"
    old.write_text('{"question": "Where?", "relevant": ["old#gone"]}', encoding="utf-8")
    with pytest.raises(ValueError, match="old#gone"):
        evaluate(directory, old)


def test_both_kinds_of_questions_are_needed(directory: Path, tmp_path: Path) -> None:
    """An index that always finds something would pass otherwise."""
    some = tmp_path / "questions.jsonl"
    some.write_text('{"question": "What is kept?", "relevant": ["retirement#what-is-kept"]}', encoding="utf-8")
    with pytest.raises(ValueError, match="without"):
        evaluate(directory, some)
