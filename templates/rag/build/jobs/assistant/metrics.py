"""How well an index finds what answers questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from assistant.answering import Retriever


@dataclass(frozen=True)
class Question:
    """A question, and the sections that answer it: none if the documents do not."""

    question: str
    relevant: frozenset[str]


def read(path: Path) -> list[Question]:
    """Reads JSON Lines."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Question(line["question"], frozenset(line["relevant"])) for line in lines]


def recall(found: Sequence[str], relevant: frozenset[str]) -> float:
    """Share of the relevant sections that were found."""
    return len(relevant & set(found)) / len(relevant)


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str]) -> float:
    """One over the place of the first relevant section; 0 if there is none."""
    return next((1 / rank for rank, section in enumerate(found, start=1) if section in relevant), 0.0)


def evaluate(retriever: Retriever, questions: Sequence[Question]) -> dict[str, float]:
    """Recall and mean reciprocal rank of the questions that have an answer, refusals of those that have none."""
    found = {one: [hit.passage.section for hit in retriever.find(one.question)] for one in questions}
    answerable = [one for one in questions if one.relevant]
    unanswerable = [one for one in questions if not one.relevant]
    if not (answerable and unanswerable):
        raise ValueError("questions with an answer and questions without are both needed")
    return {
        "recall": fmean(recall(found[one], one.relevant) for one in answerable),
        "mrr": fmean(reciprocal_rank(list(dict.fromkeys(found[one])), one.relevant) for one in answerable),
        "refusals": fmean(not found[one] for one in unanswerable),
        "questions": len(questions),
    }
