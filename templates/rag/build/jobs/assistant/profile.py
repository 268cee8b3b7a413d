"""How an index was made and is to be used. It lies beside the index, so that what serves does what was evaluated."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.embedders import LOCAL

if TYPE_CHECKING:
    from assistant.settings import Settings

FILE = "assistant.json"


@dataclass(frozen=True)
class Profile:
    """What of the settings has to be the same in every stage."""

    embedder: str
    dimension: int
    minimum_score: float
    passages: int
    generation_model: str
    maximum_tokens: int

    @property
    def local(self) -> bool:
        """Whether all of it runs on a laptop."""
        return self.embedder == LOCAL

    def save(self, directory: Path) -> None:
        """Writes the file."""
        (directory / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Profile:
        """Reads it."""
        return cls(**json.loads((directory / FILE).read_text(encoding="utf-8")))


def in_aws(settings: Settings) -> Profile:
    """As configured."""
    return Profile(
        embedder=settings.embedding.model,
        dimension=settings.embedding.dimension,
        minimum_score=settings.embedding.minimum_score,
        passages=settings.retrieval.passages,
        generation_model=settings.generation.model,
        maximum_tokens=settings.generation.maximum_tokens,
    )


def on_laptop(settings: Settings) -> Profile:
    """Without any model. Hashed words are less alike than meanings, hence another threshold."""
    return Profile(
        embedder=LOCAL,
        dimension=4096,
        minimum_score=0.14,
        passages=settings.retrieval.passages,
        generation_model=LOCAL,
        maximum_tokens=settings.generation.maximum_tokens,
    )
