"""Metrics of generated text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import fmean


def words(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return re.findall(r"\w+", text.lower())


def exact_match(expected: str, actual: str) -> float:
    """1 if both have the same words in the same order."""
    return float(words(expected) == words(actual))


def rouge_l(expected: str, actual: str) -> float:
    """F1 of the longest common subsequence of words (ROUGE-L), from 0 to 1."""
    wanted, got = words(expected), words(actual)
    common = longest_common_subsequence(wanted, got)
    return 2 * common / (len(wanted) + len(got)) if common else 0.0


def longest_common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest sequence that is in both, in order, with gaps."""
    row = [0] * (len(right) + 1)
    for a in left:
        diagonal = 0
        for column, b in enumerate(right, start=1):
            above = row[column]
            row[column] = diagonal + 1 if a == b else max(above, row[column - 1])
            diagonal = above
    return row[-1]


def perplexity(loss: float) -> float:
    """Of a mean loss per token, in nats."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def of_texts(expected: Sequence[str], actual: Sequence[str]) -> dict[str, float]:
    """Means over all pairs."""
    pairs = list(zip(expected, actual, strict=True))
    if not pairs:
        raise ValueError("nothing to measure")
    return {
        "exact_match": fmean(exact_match(*pair) for pair in pairs),
        "rouge_l": fmean(rouge_l(*pair) for pair in pairs),
    }
