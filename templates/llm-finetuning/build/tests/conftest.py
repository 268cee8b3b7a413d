"""What the tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm import settings
from llm.examples import Example
from pipeline import project

REPOSITORY = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def wanted() -> settings.Settings:
    """The settings that are committed."""
    return settings.load()


@pytest.fixture(scope="session")
def where() -> project.Project:
    """The project that this repository belongs to."""
    return project.load(REPOSITORY)


@pytest.fixture
def config_text() -> str:
    """The settings' file."""
    return settings.CONFIG.read_text(encoding="utf-8")


@pytest.fixture
def examples() -> list[Example]:
    """Examples of twenty groups."""
    return [Example(f"question {n}", f"answer {n}", f"group {n % 20}") for n in range(100)]


@pytest.fixture
def model_directory(tmp_path: Path) -> Path:
    """A model's files, as far as their names go."""
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "fine-tuning.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


@pytest.fixture
def sharded() -> dict[str, Any]:
    """The index of a model in two files."""
    return json.loads('{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}')
