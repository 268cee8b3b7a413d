"""The training itself, on a tiny model made on the spot, if requirements-training.txt is installed."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
from llm import artifact, chat, docstrings, settings
from llm.examples import Example, write
from llm.metrics import perplexity

pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("transformers")

TEMPLATE = (
    "{% for turn in messages %}<|{{ turn.role }}|>{{ turn.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="module")
def known() -> list[Example]:
    """Real examples, and short ones."""
    short = (example for example in docstrings.examples() if len(example.prompt) < 300)
    return list(islice(short, 32))


@pytest.fixture(scope="module")
def tiny(known: list[Example]) -> tuple[object, object]:
    """A Llama of some hundred thousand parameters, and a tokenizer that has seen the examples."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokens.train_from_iterator((f"{one.prompt} {one.response}" for one in known), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="<|pad|>", eos_token="<|end|>", chat_template=TEMPLATE
    )
    torch.manual_seed(7)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        # Adapters steer what is there: from the usual, small numbers of a fresh model nothing could be reached.
        initializer_range=0.3,
    )
    return LlamaForCausalLM(shape), tokenizer


def test_loss_falls_and_the_model_is_served_as_it_was_trained(
    tiny: tuple, known: list[Example], wanted: settings.Settings, tmp_path: Path
) -> None:
    """From a fresh model to files that load without this code's help."""
    import torch
    from evaluate_model import judge
    from llm import lora
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = tiny
    encoded = chat.encode_all(tokenizer, known, 512)
    training = wanted.training.model_copy(
        update={"epochs": 6, "batch_size": 4, "gradient_accumulation": 1, "learning_rate": 0.01}
    )
    adapted = lora.attach(model, wanted.lora)
    frozen = {name: p.clone() for name, p in adapted.named_parameters() if not p.requires_grad}
    outcome = lora.fine_tune(adapted, tokenizer, encoded, encoded, lora.arguments(training, tmp_path / "scratch", []))

    assert outcome.losses[-1] < 0.8 * outcome.losses[0]
    assert outcome.perplexity < 0.7 * outcome.base_perplexity
    assert all(torch.equal(p, frozen[name]) for name, p in adapted.named_parameters() if name in frozen)

    target = tmp_path / "model"
    before = lora.mean_loss(adapted, encoded)
    artifact.save(adapted, tokenizer, target, {"outcome": {"perplexity": outcome.perplexity}})
    served = AutoModelForCausalLM.from_pretrained(target).eval()
    assert artifact.provenance(target)["outcome"]["perplexity"] == outcome.perplexity

    few = wanted.model_copy(update={"evaluation": wanted.evaluation.model_copy(update={"examples": 3})})
    judged = judge(served, AutoTokenizer.from_pretrained(target), known, few)
    assert set(judged) == {"exact_match", "rouge_l", "perplexity"}
    assert lora.mean_loss(served, encoded) == pytest.approx(before, rel=1e-3)
    # The trainer's is a mean of batches, ours one of tokens.
    assert perplexity(before) == pytest.approx(outcome.perplexity, rel=0.2)


def test_jobs_run_one_after_the_other(
    tiny: tuple, known: list[Example], wanted: settings.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they do in the pipeline, with a base model from a channel."""
    import evaluate_model
    import finetune
    from transformers import LlamaForCausalLM

    model, tokenizer = tiny
    LlamaForCausalLM(model.config).save_pretrained(tmp_path / "inputs" / "base")
    tokenizer.save_pretrained(tmp_path / "inputs" / "base")
    for name in ("train", "validation", "test"):
        write(known[:16], tmp_path / "inputs" / name / "examples.jsonl")
    small = wanted.model_copy(
        update={
            "training": wanted.training.model_copy(update={"epochs": 3, "learning_rate": 0.01, "batch_size": 4}),
            "evaluation": wanted.evaluation.model_copy(update={"examples": 2, "maximum_new_tokens": 4}),
        }
    )
    monkeypatch.setattr(settings, "load", lambda: small)
    paths = ["--inputs", str(tmp_path / "inputs"), "--model", str(tmp_path / "model")]
    monkeypatch.setattr("sys.argv", ["finetune.py", *paths])
    finetune.main()
    paths = ["--model", str(tmp_path / "model"), "--examples", str(tmp_path / "inputs" / "test" / "examples.jsonl")]
    monkeypatch.setattr("sys.argv", ["evaluate_model.py", *paths, "--target", str(tmp_path / "report")])
    evaluate_model.main()

    report = json.loads((tmp_path / "report" / "evaluation.json").read_text(encoding="utf-8"))
    found = report["text_generation_metrics"]
    assert set(found) == {"exact_match", "rouge_l", "perplexity", "perplexity_ratio"}
    assert found["perplexity_ratio"]["value"] < 1
    described = artifact.provenance(tmp_path / "model")["settings"]
    assert (described["base-model"], described["train-examples"]) == (wanted.model.id, 16)


def test_modules_that_the_model_lacks_are_an_error(tiny: tuple, wanted: settings.Settings) -> None:
    """Rather than a training of nothing."""
    from llm import lora
    from transformers import LlamaForCausalLM

    fresh = LlamaForCausalLM(tiny[0].config)
    with pytest.raises(ValueError, match="no_such_projection"):
        lora.attach(fresh, wanted.lora.model_copy(update={"target_modules": ["no_such_projection"]}))
