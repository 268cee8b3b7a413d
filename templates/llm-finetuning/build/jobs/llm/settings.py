"""The settings in `config.yaml`, typed and validated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

CONFIG = Path(__file__).resolve().parent.parent / "config.yaml"

Prefix = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(\S*/)?$")]
# Weights are bfloat16, which GPUs of older instances do not know.
GpuInstance = Annotated[str, StringConstraints(pattern=r"^ml\.(g[5-9]|p[4-9])[a-z0-9-]*\.[a-z0-9]+$")]
Share = Annotated[float, Field(gt=0, lt=0.5)]


class Section(BaseModel):
    """A mapping of the file: its keys have dashes, and an unknown one is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class Model(Section):
    """The model to start from."""

    id: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    revision: Annotated[str, StringConstraints(min_length=1)]
    s3_uri: Prefix | None = None


class Data(Section):
    """The examples to learn from and to be judged by."""

    source: Literal["python-docstrings"] | Prefix
    maximum_examples: Annotated[int, Field(ge=10)]
    validation_share: Share
    test_share: Share

    @property
    def s3_uri(self) -> str | None:
        """Prefix of the team's own examples, if there are any."""
        return self.source if self.source.startswith("s3://") else None


class Lora(Section):
    """The low-rank matrices that are learnt."""

    rank: Annotated[int, Field(ge=1, le=512)]
    alpha: Annotated[float, Field(gt=0)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    target_modules: Annotated[list[str], Field(min_length=1)]


class Training(Section):
    """The training job."""

    instance: GpuInstance
    volume_gb: Annotated[int, Field(ge=30, le=16384)]
    maximum_hours: Annotated[int, Field(ge=1, le=120)]
    epochs: Annotated[int, Field(ge=1)]
    maximum_length: Annotated[int, Field(ge=64)]
    batch_size: Annotated[int, Field(ge=1)]
    gradient_accumulation: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    warmup_share: Annotated[float, Field(ge=0, lt=1)]
    seed: int


class Evaluation(Section):
    """How the model is judged, and what it must reach to be registered."""

    examples: Annotated[int, Field(ge=1)]
    maximum_new_tokens: Annotated[int, Field(ge=1)]
    minimum_rouge_l: Annotated[float, Field(ge=0, le=1)]
    maximum_perplexity_ratio: Annotated[float, Field(gt=0)]


class Serving(Section):
    """What the serving container is told."""

    instances: Annotated[list[GpuInstance], Field(min_length=1)]
    maximum_length: Annotated[int, Field(ge=64)]
    maximum_concurrent_requests: Annotated[int, Field(ge=1)]


class Settings(Section):
    """The whole file."""

    model: Model
    data: Data
    lora: Lora
    training: Training
    evaluation: Evaluation
    serving: Serving

    @model_validator(mode="after")
    def _serves_what_it_learnt(self) -> Settings:
        if self.serving.maximum_length < self.training.maximum_length:
            raise ValueError("serving.maximum-length is below training.maximum-length")
        return self


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
