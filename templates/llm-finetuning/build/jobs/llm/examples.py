"""Examples, their files, and their split."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """A prompt and the answer that is wanted. Examples of one group resemble each other."""

    prompt: str
    response: str
    group: str


def unique(examples: Iterable[Example]) -> Iterator[Example]:
    """The first example of every prompt."""
    seen = set()
    for example in examples:
        if example.prompt not in seen:
            seen.add(example.prompt)
            yield example


def split(examples: Iterable[Example], validation_share: float, test_share: float) -> dict[str, list[Example]]:
    """Deals whole groups to the splits, by a hash of their names: a group stays where it was as others come and go."""
    parts: dict[str, list[Example]] = {name: [] for name in SPLITS}
    for example in examples:
        position = int.from_bytes(sha256(example.group.encode()).digest()[:8], "big") / 2**64
        if position < test_share:
            parts["test"].append(example)
        elif position < test_share + validation_share:
            parts["validation"].append(example)
        else:
            parts["train"].append(example)
    empty = [name for name, part in parts.items() if not part]
    if empty:
        raise ValueError(f"no examples for {' and '.join(empty)}: there are too few groups")
    return parts


def write(examples: Iterable[Example], path: Path) -> None:
    """Writes JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")


def read(path: Path) -> list[Example]:
    """Reads JSON Lines; a line that is no example is a `ValueError` that names it."""
    examples = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                example = Example(**json.loads(line))
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path.name}, line {number}: not an example: {error}") from error
            if not (example.prompt.strip() and example.response.strip()):
                raise ValueError(f"{path.name}, line {number}: prompt or response is empty")
            examples.append(example)
    return examples
