"""The settings in `config.yaml`, typed and validated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CONFIG = Path(__file__).resolve().parent.parent / "config.yaml"

Prefix = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(\S*/)?$")]
Instance = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
BedrockModel = Annotated[str, StringConstraints(pattern=r"^(arn:aws[a-z-]*:bedrock:\S+|[a-z0-9][a-zA-Z0-9.:-]+)$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A mapping of the file: its keys have dashes, and an unknown one is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class Documents(Section):
    """What is known."""

    source: Literal["repository"] | Prefix
    maximum_words: Annotated[int, Field(ge=20, le=1000)]

    @property
    def s3_uri(self) -> str | None:
        """Prefix of the team's documents, if they are in S3."""
        return self.source if self.source.startswith("s3://") else None


class Embedding(Section):
    """How passages are compared with questions. Titan knows three dimensions."""

    model: Literal["amazon.titan-embed-text-v2:0"]
    dimension: Literal[256, 512, 1024]
    minimum_score: Annotated[float, Field(ge=-1, le=1)]


class Generation(Section):
    """What writes answers."""

    model: BedrockModel
    maximum_tokens: Annotated[int, Field(ge=1, le=4096)]


class Retrieval(Section):
    """What is found for a question."""

    passages: Annotated[int, Field(ge=1, le=30)]


class Evaluation(Section):
    """What an index must reach to be registered."""

    minimum_recall: Share
    minimum_mrr: Share
    minimum_refusals: Share


class Serving(Section):
    """Where the assistant may be deployed to. What is deployed where is in the deploy folder."""

    instances: Annotated[list[Instance], Field(min_length=1)]


class Settings(Section):
    """The whole file."""

    documents: Documents
    embedding: Embedding
    generation: Generation
    retrieval: Retrieval
    evaluation: Evaluation
    serving: Serving


def parse(text: str) -> Settings:
    """Reads YAML; every mistake in it is in the message of the `ValueError`."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    return Settings.model_validate(content)


def load(path: Path = CONFIG) -> Settings:
    """Reads the file beside the jobs."""
    return parse(path.read_text(encoding="utf-8"))
