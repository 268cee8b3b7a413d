"""Third step: judges the model on examples that it has not seen."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from llm import artifact, chat, lora, metrics, settings, tracking
from llm.examples import Example, read
from llm.report import report
from transformers import AutoModelForCausalLM, AutoTokenizer

INPUTS = Path("/opt/ml/processing/input")


def judge(model: Any, tokenizer: Any, examples: list[Example], wanted: settings.Settings) -> dict[str, float]:
    """Metrics of what the model answers, and of how likely it finds the right answers."""
    chosen = examples[: wanted.evaluation.examples]
    answers = [
        lora.answer(model, tokenizer, chat.prompt(tokenizer, example), wanted.evaluation.maximum_new_tokens)
        for example in chosen
    ]
    loss = lora.mean_loss(model, chat.encode_all(tokenizer, chosen, wanted.training.maximum_length))
    return metrics.of_texts([example.response for example in chosen], answers) | {
        "perplexity": metrics.perplexity(loss)
    }


def main() -> None:
    """Entry point of the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=INPUTS / "model")
    parser.add_argument("--examples", type=Path, default=INPUTS / "test" / "examples.jsonl")
    parser.add_argument("--target", type=Path, default=Path("/opt/ml/processing/output"))
    options = parser.parse_args()
    wanted = settings.load()

    artifact.check(options.model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype="auto").to(device).eval()
    trained = artifact.provenance(options.model)["outcome"]
    with tracking.run("evaluate", {"examples": wanted.evaluation.examples}):
        judged = judge(model, tokenizer, read(options.examples), wanted)
        result = judged | {"perplexity_ratio": trained["perplexity"] / trained["base_perplexity"]}
        tracking.log(result)
    options.target.mkdir(parents=True, exist_ok=True)
    (options.target / "evaluation.json").write_text(json.dumps(report(result), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
