"""Answers, their citations, and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import boto3
import pytest
from assistant.answering import NOT_ALLOWED, NOT_FOUND, Assistant
from assistant.documents import Passage
from assistant.generators import NO_ANSWER, BedrockGenerator
from assistant.guards import FailClosed, RuleGuard, Verdict
from botocore.stub import ANY, Stubber

QUESTION = "Who approves that a version leaves dev?"


class Says:
    """A generator that always writes the same."""

    def __init__(self, text: str) -> None:
        """Writes the text."""
        self.text = text

    def write(self, question: str, passages: Sequence[Passage]) -> str:
        """The text."""
        return self.text


class Recorder:
    """A guard that lets pass all but one direction, and remembers what it saw."""

    def __init__(self, stops: str = "") -> None:
        """Stops the direction."""
        self.stops = stops
        self.seen: list[tuple[str, str, int]] = []

    def judge(self, text: str, direction: str, question: str = "", sources: Sequence[str] = ()) -> Verdict:
        """Remembers."""
        self.seen.append((direction, text, len(sources)))
        return Verdict(False, reason="stopped") if direction == self.stops else Verdict(True, text)


def test_an_answer_names_its_sources(assistant: Assistant) -> None:
    """By section, in the order of their marks."""
    answer = assistant.answer(QUESTION)
    assert not answer.refused
    assert answer.citations[0].section == "approvals#who-approves"
    assert all(f"[{citation.number}]" in answer.answer for citation in answer.citations)


def test_nothing_relevant_is_a_refusal(assistant: Assistant) -> None:
    """The generator is not even asked."""
    answer = replace(assistant, generator=Says("Canberra [1]")).answer("What is the capital of Australia?")
    assert (answer.refused, answer.answer, answer.reason) == (True, NOT_FOUND, "nothing-relevant")


@pytest.mark.parametrize("written", ["The lead approves.", f"{NO_ANSWER}", f"{NO_ANSWER} [1]", "The lead [9].", ""])
def test_an_answer_without_sources_is_a_refusal(assistant: Assistant, written: str) -> None:
    """A claim that nobody can look up is none."""
    answer = replace(assistant, generator=Says(written)).answer(QUESTION)
    assert (answer.refused, answer.reason, answer.citations) == (True, "no-answer-in-sources", ())


def test_marks_that_stand_for_nothing_are_removed(assistant: Assistant) -> None:
    """The others stay."""
    answer = replace(assistant, generator=Says("The lead [1][7].")).answer(QUESTION)
    assert answer.answer == "The lead [1]."
    assert [citation.number for citation in answer.citations] == [1]


def test_the_guard_sees_question_and_answer(assistant: Assistant) -> None:
    """The answer with the sources that it cites."""
    guard = Recorder()
    replace(assistant, guard=guard, generator=Says("The lead [1].")).answer(QUESTION)
    assert guard.seen == [("INPUT", QUESTION, 0), ("OUTPUT", "The lead [1].", 1)]


@pytest.mark.parametrize(("direction", "looks"), [("INPUT", 1), ("OUTPUT", 2)])
def test_the_guard_stops_either(assistant: Assistant, direction: str, looks: int) -> None:
    """And nothing of the answer is told."""
    guard = Recorder(direction)
    answer = replace(assistant, guard=guard).answer(QUESTION)
    assert (answer.refused, answer.answer, answer.reason) == (True, NOT_ALLOWED, "stopped")
    assert len(guard.seen) == looks


def test_what_is_masked_in_a_question_reaches_nobody(assistant: Assistant) -> None:
    """Neither search nor generator."""

    class Echo:
        def write(self, question: str, passages: Sequence[Passage]) -> str:
            return f"{question} [1]"

    answer = replace(assistant, generator=Echo(), guard=FailClosed(RuleGuard())).answer(f"{QUESTION} Ask a@b.example")
    assert "a@b.example" not in answer.answer
    assert "{EMAIL}" in answer.answer


def test_bedrock_is_asked_with_numbered_sources() -> None:
    """Against the model of the API."""
    client = boto3.client("bedrock-runtime", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    passages = [Passage("d#a/0", "d#a", "A", "first"), Passage("d#b/0", "d#b", "B", "second")]
    text = "<sources>\n[1] A\nfirst\n\n[2] B\nsecond\n</sources>\n\n<question>\nWhich?\n</question>"
    request = {
        "modelId": "model",
        "system": ANY,
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0},
    }
    response = {
        "output": {"message": {"role": "assistant", "content": [{"text": "The second [2]. "}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    with Stubber(client) as stub:
        stub.add_response("converse", response, request)
        assert BedrockGenerator(client, "model", 50).write("Which?", passages) == "The second [2]."
