"""Second step: fine-tunes the base model, and leaves the merged model where SageMaker collects it."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from llm import artifact, chat, lora, settings, tracking
from llm.examples import read
from transformers import AutoModelForCausalLM, AutoTokenizer

INPUTS = Path("/opt/ml/input/data")


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, default=INPUTS, help="directory of the channels")
    parser.add_argument("--model", type=Path, default=Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    options = parser.parse_args()
    wanted = settings.load()

    base = {"pretrained_model_name_or_path": wanted.model.id, "revision": wanted.model.revision}
    if (options.inputs / "base").is_dir():
        base = {"pretrained_model_name_or_path": str(options.inputs / "base")}
    tokenizer = AutoTokenizer.from_pretrained(**base)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(**base, dtype=torch.bfloat16)

    splits = {
        name: chat.encode_all(tokenizer, read(options.inputs / name / "examples.jsonl"), wanted.training.maximum_length)
        for name in ("train", "validation")
    }
    described = {
        "base-model": wanted.model.id,
        "base-revision": wanted.model.revision,
        "base-commit": getattr(model.config, "_commit_hash", None),
        **wanted.lora.model_dump(by_alias=True),
        **wanted.training.model_dump(by_alias=True),
        **{f"{name}-examples": len(part) for name, part in splits.items()},
    }
    with tracking.run("fine-tune", described):
        adapted = lora.attach(model, wanted.lora)
        with TemporaryDirectory() as scratch:
            training = lora.arguments(wanted.training, Path(scratch), tracking.reporters())
            outcome = lora.fine_tune(adapted, tokenizer, splits["train"], splits["validation"], training)
        tracking.log({"base_perplexity": outcome.base_perplexity, "perplexity": outcome.perplexity})
        artifact.save(adapted, tokenizer, options.model, {"settings": described, "outcome": asdict(outcome)})


if __name__ == "__main__":
    main()
