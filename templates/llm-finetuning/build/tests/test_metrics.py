"""Metrics, against values worked out by hand."""

from __future__ import annotations

import json
import math

import pytest
from llm import metrics
from llm.report import report


@pytest.mark.parametrize(
    ("expected", "actual", "value"),
    [
        ("Return the mean.", "return the MEAN", 1.0),
        ("Return the mean.", "", 0.0),
        ("Return the mean.", "nothing alike", 0.0),
        # Three words in common, in order: 2 * 3 / (4 + 5).
        ("the cat sat down", "the old cat really sat", 6 / 9),
        # Both words are there, but one at a time in order: 2 * 1 / (2 + 2).
        ("first second", "second first", 0.5),
    ],
)
def test_rouge_l(expected: str, actual: str, value: float) -> None:
    """Longest common subsequence, as F1."""
    assert metrics.rouge_l(expected, actual) == pytest.approx(value)
    assert metrics.rouge_l(actual, expected) == pytest.approx(value)


def test_exact_match_overlooks_case_and_punctuation_only() -> None:
    """Order and number of words count."""
    assert metrics.exact_match("Return the mean.", "return the mean") == 1
    assert metrics.exact_match("Return the mean.", "Return the the mean.") == 0


def test_perplexity() -> None:
    """Of a uniform choice among ten it is ten; a loss beyond all bounds is infinite."""
    assert metrics.perplexity(math.log(10)) == pytest.approx(10)
    assert metrics.perplexity(1000) == math.inf


def test_means_over_texts() -> None:
    """One hit and one miss."""
    assert metrics.of_texts(["a b", "c d"], ["a b", "x y"]) == {"exact_match": 0.5, "rouge_l": 0.5}
    with pytest.raises(ValueError, match="nothing"):
        metrics.of_texts([], [])
    with pytest.raises(ValueError, match="shorter"):
        metrics.of_texts(["a", "b"], ["a"])


def test_report_is_json_that_conditions_can_read() -> None:
    """Infinity would pass `json.dumps`, and fail in the pipeline."""
    content = json.loads(json.dumps(report({"rouge_l": 0.5}), allow_nan=False))
    assert content["text_generation_metrics"]["rouge_l"]["value"] == 0.5
    with pytest.raises(ValueError, match="perplexity"):
        report({"rouge_l": 0.5, "perplexity": math.inf})
