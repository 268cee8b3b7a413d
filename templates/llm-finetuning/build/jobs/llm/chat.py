"""Examples as conversations, and conversations as tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from llm.examples import Example

IGNORED = -100
"""Label of the tokens that the loss does not see."""


class Tokenizer(Protocol):
    """The part of a Hugging Face tokenizer that is used here."""

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> Any:
        """Formats a conversation as the model knows it."""

    def __call__(self, text: str, **options: Any) -> Any:
        """Tokenizes."""


@dataclass(frozen=True)
class Encoded:
    """Tokens of a conversation; only those of the answer are learnt."""

    input_ids: list[int]
    labels: list[int]


def question(example: Example) -> list[dict[str, str]]:
    """What the model is asked."""
    return [{"role": "user", "content": example.prompt}]


def prompt(tokenizer: Tokenizer, example: Example) -> str:
    """What the model is asked, up to where its answer begins."""
    return tokenizer.apply_chat_template(question(example), tokenize=False, add_generation_prompt=True)


def encode(tokenizer: Tokenizer, example: Example) -> Encoded:
    """Tokens of question and answer."""
    asked = prompt(tokenizer, example)
    answered = [*question(example), {"role": "assistant", "content": example.response}]
    whole = tokenizer.apply_chat_template(answered, tokenize=False)
    if not whole.startswith(asked):
        raise ValueError("the chat template changes the question once it is answered: this model needs its own format")
    # Tokenized apart, so that the answer begins with the very token that the model has to produce.
    before = tokenizer(asked, add_special_tokens=False)["input_ids"]
    after = tokenizer(whole.removeprefix(asked), add_special_tokens=False)["input_ids"]
    return Encoded(before + after, [IGNORED] * len(before) + after)


def encode_all(tokenizer: Tokenizer, examples: Iterable[Example], maximum_length: int) -> list[Encoded]:
    """Those that fit. A cut answer would teach the model to stop in the middle of a sentence."""
    encoded = [encode(tokenizer, example) for example in examples]
    fitting = [one for one in encoded if len(one.input_ids) <= maximum_length]
    if not fitting:
        raise ValueError(f"no example fits into {maximum_length} tokens")
    return fitting
