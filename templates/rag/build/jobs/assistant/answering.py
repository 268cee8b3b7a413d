"""From a question to an answer with citations, or to a refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.embedders import Embedder
from assistant.generators import NO_ANSWER, Generator
from assistant.guards import Guard
from assistant.index import Hit, Index

NOT_FOUND = "The documents do not say anything about this."
NOT_ALLOWED = "This question can not be answered here."
CITATION = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Citation:
    """What a mark in an answer stands for."""

    number: int
    section: str
    title: str
    score: float


@dataclass(frozen=True)
class Answer:
    """What the caller gets. A refusal has a reason and no citations."""

    answer: str
    citations: Sequence[Citation] = ()
    refused: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Retriever:
    """Finds the passages that may answer a question."""

    embedder: Embedder
    index: Index
    passages: int
    minimum_score: float

    def find(self, question: str) -> list[Hit]:
        """Best first; none if nothing is relevant."""
        (vector,) = self.embedder.embed([question])
        return [hit for hit in self.index.search(vector, self.passages) if hit.score >= self.minimum_score]


@dataclass(frozen=True)
class Assistant:
    """Answers from passages, between two looks of the guard."""

    retriever: Retriever
    generator: Generator
    guard: Guard

    def answer(self, question: str) -> Answer:
        """Never without sources, and never what the guard has not seen."""
        asked = self.guard.judge(question, "INPUT")
        if not asked.allowed:
            return refusal(NOT_ALLOWED, asked.reason)
        hits = self.retriever.find(asked.text)
        if not hits:
            return refusal(NOT_FOUND, "nothing-relevant")
        written = self.generator.write(asked.text, [hit.passage for hit in hits])
        cited = sorted({number for number in map(int, CITATION.findall(written)) if 1 <= number <= len(hits)})
        if NO_ANSWER in written or not cited:
            return refusal(NOT_FOUND, "no-answer-in-sources")
        sources = [hits[number - 1].passage.content for number in cited]
        judged = self.guard.judge(without_dangling(written, len(hits)), "OUTPUT", asked.text, sources)
        if not judged.allowed:
            return refusal(NOT_ALLOWED, judged.reason)
        return Answer(judged.text, [citation(number, hits[number - 1]) for number in cited])


def refusal(text: str, reason: str) -> Answer:
    """An answer that is none."""
    return Answer(text, refused=True, reason=reason)


def citation(number: int, hit: Hit) -> Citation:
    """What the caller can look up."""
    return Citation(number, hit.passage.section, hit.passage.title, round(hit.score, 4))


def without_dangling(text: str, count: int) -> str:
    """The text without marks that stand for nothing."""
    return CITATION.sub(lambda mark: mark[0] if 1 <= int(mark[1]) <= count else "", text)
