"""The fine-tuning itself: low-rank adapters on a causal language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.utils.data import Dataset
from transformers import DataCollatorForSeq2Seq, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

from llm.chat import IGNORED, Encoded
from llm.metrics import perplexity
from llm.settings import Lora, Training


@dataclass(frozen=True)
class Outcome:
    """What came of a training. Perplexities are of the validation examples' answers."""

    base_perplexity: float
    perplexity: float
    losses: list[float]
    trained_parameters: int


class Conversations(Dataset):
    """Encoded examples as the trainer wants them."""

    def __init__(self, encoded: Sequence[Encoded]) -> None:
        """Keeps the examples."""
        self.encoded = encoded

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.encoded)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        """An example, unpadded."""
        one = self.encoded[index]
        return {"input_ids": one.input_ids, "labels": one.labels, "attention_mask": [1] * len(one.input_ids)}


def attach(model: PreTrainedModel, settings: Lora) -> PeftModel:
    """Freezes the model and adds the matrices that are learnt. A module that the model does not have is an error."""
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.target_modules,
    )
    return get_peft_model(model, config)


def arguments(settings: Training, scratch: Path, report_to: list[str]) -> TrainingArguments:
    """The settings in the trainer's words; half precision on GPUs that have it."""
    return TrainingArguments(
        output_dir=str(scratch),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup_share,
        lr_scheduler_type="cosine",
        bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        logging_steps=10,
        dataloader_pin_memory=torch.cuda.is_available(),
        eval_strategy="epoch",
        save_strategy="no",
        seed=settings.seed,
        report_to=report_to,
        disable_tqdm=True,
    )


def fine_tune(
    model: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    train: Sequence[Encoded],
    validation: Sequence[Encoded],
    options: TrainingArguments,
) -> Outcome:
    """Trains the adapters; measures before and after. Until the first step they change nothing: that is the base."""
    trainer = Trainer(
        model=model,
        args=options,
        train_dataset=Conversations(train),
        eval_dataset=Conversations(validation),
        data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=IGNORED, pad_to_multiple_of=8),
    )
    before = trainer.evaluate()["eval_loss"]
    trainer.train()
    after = trainer.evaluate()["eval_loss"]
    return Outcome(
        base_perplexity=perplexity(before),
        perplexity=perplexity(after),
        losses=[entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        trained_parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
    )


@torch.inference_mode()
def answer(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompt: str, maximum_new_tokens: int) -> str:
    """The most likely answer to a formatted prompt."""
    asked: Any = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").to(model.device)
    generated = model.generate(
        **asked,
        max_new_tokens=maximum_new_tokens,
        do_sample=False,
        pad_token_id=tokenizer.pad_token_id,
    )
    return tokenizer.decode(generated[0, asked["input_ids"].shape[1] :], skip_special_tokens=True).strip()


@torch.inference_mode()
def mean_loss(model: PreTrainedModel, encoded: Sequence[Encoded]) -> float:
    """Loss per token of the answers, in nats: every token counts the same, however long its answer is."""
    total, tokens = 0.0, 0
    for one in encoded:
        ids = torch.tensor([one.input_ids], device=model.device)
        logits = model(input_ids=ids).logits[0, :-1].float()
        labels = torch.tensor(one.labels[1:], device=model.device)
        total += torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum").item()
        tokens += sum(label != IGNORED for label in one.labels[1:])
    return total / tokens
