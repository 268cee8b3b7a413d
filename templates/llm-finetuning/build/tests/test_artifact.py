"""The layout of uncompressed artifacts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm import artifact


def test_one_file_of_weights(model_directory: Path) -> None:
    """The plain case."""
    artifact.check(model_directory)


def test_shards_that_the_index_names(model_directory: Path, sharded: dict[str, Any]) -> None:
    """All of them have to be there."""
    (model_directory / "model.safetensors").rename(model_directory / "model-1.safetensors")
    (model_directory / artifact.INDEX).write_text(json.dumps(sharded), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^model-2\.safetensors is missing$"):
        artifact.check(model_directory)
    (model_directory / "model-2.safetensors").write_bytes(b"weights")
    artifact.check(model_directory)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "old/model.tar.gz", "optimizer.pt"])
def test_pickles_and_archives_are_refused(name: str, model_directory: Path) -> None:
    """Wherever they are."""
    (model_directory / name).parent.mkdir(exist_ok=True)
    (model_directory / name).write_bytes(b"")
    with pytest.raises(ValueError, match="pickle or an archive"):
        artifact.check(model_directory)


def test_links_are_refused(model_directory: Path) -> None:
    """They would not survive the way through S3."""
    (model_directory / "link.json").symlink_to(model_directory / "config.json")
    with pytest.raises(ValueError, match=r"link\.json is a link"):
        artifact.check(model_directory)


def test_all_that_is_missing_is_named(tmp_path: Path) -> None:
    """In one message."""
    with pytest.raises(ValueError, match=r"config\.json.*tokenizer\.json.*fine-tuning\.json.*model\.safetensors"):
        artifact.check(tmp_path)
