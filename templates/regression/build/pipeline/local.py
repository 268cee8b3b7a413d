"""The steps of the pipeline on this machine, one after the other, with the files that the jobs have in AWS."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
from evaluate_model import REPORT, evaluate
from preprocess import TEST, TRAIN, preprocess
from settings import Evaluation, Settings
from train import train


def package(model: Path, archive: Path) -> Path:
    """`model.tar.gz` as SageMaker makes it of what a training job leaves."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(model.rglob("*")):
            if path.is_file():
                tar.add(path, path.relative_to(model).as_posix())
    return archive


def good_enough(report: dict[str, Any], wanted: Evaluation) -> bool:
    """What the pipeline's condition says."""
    metrics = report["regression_metrics"]
    return metrics["rmse"]["value"] <= wanted.maximum_rmse and metrics["r2"]["value"] >= wanted.minimum_r2


def build(settings: Settings, source: Path | None, output: Path) -> dict[str, Any]:
    """Everything up to the report, below `output`."""
    data = settings.data
    preprocess(source, output / "data", data)
    train(pd.read_csv(output / "data" / "train" / TRAIN), data.target, output / "model")
    archive = package(output / "model", output / "artifact" / "model.tar.gz")
    rows = pd.read_csv(output / "data" / "test" / TEST)
    report = evaluate(archive.parent, rows, data.target, data.seed)
    (output / REPORT).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def run(settings: Settings, source: Path | None, output: Path) -> int:
    """Builds, and says whether the model would be registered."""
    report = build(settings, source, output)
    for name, metric in report["regression_metrics"].items():
        sys.stdout.write(f"{name:5} {metric['value']:.3f} ± {metric['standard_deviation']:.3f}\n")
    passed = good_enough(report, settings.evaluation)
    sys.stdout.write(f"{'would' if passed else 'would not'} be registered; everything is in {output}\n")
    return 0 if passed else 1
