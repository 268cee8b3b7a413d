"""Conversations and their tokens, with a tokenizer of one token a word."""

from __future__ import annotations

from typing import Any

import pytest
from llm import chat
from llm.examples import Example

EXAMPLE = Example("what is it", "a stack", "stack")


class Words:
    """Stands for a Hugging Face tokenizer."""

    def __init__(self, closing: str = " <end>") -> None:
        """Keeps what ends an answer."""
        self.closing = closing
        self.vocabulary: dict[str, int] = {}

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> str:
        """`<user> question <assistant> answer <end>`."""
        text = "".join(f"<{turn['role']}> {turn['content']}" + self.ending(turn["role"]) for turn in conversation)
        return text + ("<assistant> " if options.get("add_generation_prompt") else "")

    def ending(self, role: str) -> str:
        """What comes after a turn."""
        return self.closing if role == "assistant" else " "

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        """A number for every word."""
        return {"input_ids": [self.vocabulary.setdefault(word, len(self.vocabulary)) for word in text.split()]}

    def decode(self, ids: list[int]) -> str:
        """The words again."""
        names = {number: word for word, number in self.vocabulary.items()}
        return " ".join(names[number] for number in ids)


def test_only_the_answer_is_learnt() -> None:
    """And its end, so that the model stops."""
    tokenizer = Words()
    encoded = chat.encode(tokenizer, EXAMPLE)
    assert tokenizer.decode(encoded.input_ids) == "<user> what is it <assistant> a stack <end>"
    assert tokenizer.decode([label for label in encoded.labels if label != chat.IGNORED]) == "a stack <end>"
    assert len(encoded.labels) == len(encoded.input_ids)


def test_prompt_ends_where_the_answer_begins() -> None:
    """So that the model goes on from there."""
    assert chat.prompt(Words(), EXAMPLE) == "<user> what is it <assistant> "


def test_long_examples_are_left_out() -> None:
    """Never cut."""
    long = Example("what " * 50, "too long", "long")
    assert len(chat.encode_all(Words(), [EXAMPLE, long], maximum_length=8)) == 1
    with pytest.raises(ValueError, match="no example fits"):
        chat.encode_all(Words(), [long], maximum_length=8)


def test_templates_that_rewrite_the_question_are_refused() -> None:
    """Labels would be off otherwise."""

    class Rewriting(Words):
        def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> str:
            return f"{len(conversation)} turns: " + super().apply_chat_template(conversation, **options)

    with pytest.raises(ValueError, match="chat template"):
        chat.encode(Rewriting(), EXAMPLE)
