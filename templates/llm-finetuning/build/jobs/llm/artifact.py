"""The model's files, as they are registered: uncompressed, so that a container maps them instead of unpacking them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

PROVENANCE = "fine-tuning.json"
REQUIRED = ("config.json", "tokenizer.json", "tokenizer_config.json", PROVENANCE)
INDEX = "model.safetensors.index.json"
# Pickles run code when they are loaded; archives are what `CompressionType: None` promises not to have.
REFUSED = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".gz", ".tar", ".zip"}


def save(model: PeftModel, tokenizer: PreTrainedTokenizerBase, directory: Path, provenance: Mapping[str, Any]) -> None:
    """Merges the adapters into the model, so that it is served like any other."""
    model.merge_and_unload().save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    (directory / PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
    check(directory)


def provenance(directory: Path) -> dict[str, Any]:
    """From which model, with which settings and to what effect the model came to be."""
    return json.loads((directory / PROVENANCE).read_text(encoding="utf-8"))


def check(directory: Path) -> None:
    """Every mistake in the layout, in one `ValueError`."""
    mistakes = [f"{name} is missing" for name in REQUIRED if not (directory / name).is_file()]
    mistakes += [f"{name} is missing" for name in shards(directory) if not (directory / name).is_file()]
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            mistakes.append(f"{name} is a link")
        elif path.suffix in REFUSED:
            mistakes.append(f"{name} is a pickle or an archive")
    if mistakes:
        raise ValueError("; ".join(mistakes))


def shards(directory: Path) -> list[str]:
    """The files that must hold the weights."""
    index = directory / INDEX
    if not index.is_file():
        return ["model.safetensors"]
    return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
