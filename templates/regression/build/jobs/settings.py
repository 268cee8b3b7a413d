"""Reads `settings.toml`, and says everything that is wrong with it at once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "settings.toml"


@dataclass(frozen=True)
class Data:
    """What is learned from."""

    source: str = ""
    target: str = ""
    features: list[str] = field(default_factory=list)
    held_out: float = 0.25
    seed: int = 42


@dataclass(frozen=True)
class Evaluation:
    """What a model must reach to be registered."""

    maximum_rmse: float = 0.0
    minimum_r2: float = 0.0


@dataclass(frozen=True)
class Compute:
    """What the steps run on."""

    instance: str = "ml.m5.large"
    volume_gb: int = 10
    maximum_minutes: int = 60


@dataclass(frozen=True)
class Serving:
    """Where the model may be deployed."""

    instances: list[str] = field(default_factory=lambda: ["ml.m5.large"])


@dataclass(frozen=True)
class Settings:
    """All of it."""

    data: Data
    evaluation: Evaluation
    compute: Compute
    serving: Serving


SECTIONS = {"data": Data, "evaluation": Evaluation, "compute": Compute, "serving": Serving}


def load(path: Path = FILE) -> Settings:
    """Reads the file; a `ValueError` names every mistake in it."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    mistakes = [f"[{name}] is not a section of this file" for name in content if name not in SECTIONS]
    sections = {name: section(name, kind, content.get(name, {}), mistakes) for name, kind in SECTIONS.items()}
    settings = Settings(**sections)
    mistakes += rules(settings) if not mistakes else []
    if mistakes:
        raise ValueError("\n".join(f"{path.name}: {mistake}" for mistake in mistakes))
    return settings


def section(name: str, kind: type, values: dict[str, Any], mistakes: list[str]) -> Any:
    """One section, with what is wrong in it added to `mistakes`."""
    default = kind()
    known = {key.replace("_", "-"): key for key in vars(default)}
    taken = {}
    for key, value in values.items():
        if key not in known:
            mistakes.append(f"[{name}] has no key {key}; it has {', '.join(known)}")
            continue
        wanted = type(getattr(default, known[key]))
        # A whole number is a number as well; a truth value is none.
        fits = isinstance(value, wanted) or (wanted is float and type(value) is int)
        if not fits or (isinstance(value, bool) and wanted is not bool):
            mistakes.append(f"[{name}] {key} is {value!r}, expected {wanted.__name__}")
            continue
        taken[known[key]] = float(value) if wanted is float else value
    return kind(**taken)


def rules(settings: Settings) -> list[str]:
    """What types cannot say."""
    data, evaluation = settings.data, settings.evaluation
    broken = {
        "[data] target is missing": not data.target,
        "[data] source is no s3:// address": bool(data.source) and not data.source.startswith("s3://"),
        "[data] features contain the target": data.target in data.features,
        "[data] held-out is not between 0.05 and 0.5": not 0.05 <= data.held_out <= 0.5,
        "[evaluation] maximum-rmse is not above 0": not evaluation.maximum_rmse > 0,
        "[evaluation] minimum-r2 is above 1": evaluation.minimum_r2 > 1,
        "[compute] maximum-minutes is below 1": settings.compute.maximum_minutes < 1,
        "[compute] volume-gb is below 1": settings.compute.volume_gb < 1,
        "[serving] instances are missing": not settings.serving.instances,
    }
    return [mistake for mistake, found in broken.items() if found]
