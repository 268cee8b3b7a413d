"""Judges the model on rows that it has not seen, in the form of SageMaker's model quality report."""

from __future__ import annotations

import argparse
import json
import math
import os
import tarfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import tracking
from preprocess import TEST
from settings import load
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from train import MODEL

REPORT = "evaluation.json"
RESAMPLES = 1000


def measure(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """The metrics, by the names that the registry and gates know."""
    mse = float(mean_squared_error(actual, predicted))
    return {
        "rmse": math.sqrt(mse),
        "mse": mse,
        "mae": float(mean_absolute_error(actual, predicted)),
        "r2": float(r2_score(actual, predicted)),
    }


def report(actual: np.ndarray, predicted: np.ndarray, seed: int) -> dict[str, Any]:
    """Each metric with its standard deviation, which resampling the held-out rows shows."""
    picks = np.random.default_rng(seed).integers(0, len(actual), size=(RESAMPLES, len(actual)))
    resampled = [measure(actual[pick], predicted[pick]) for pick in picks]
    return {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": float(np.std([one[name] for one in resampled], ddof=1))}
            for name, value in measure(actual, predicted).items()
        }
    }


def unpack(directory: Path) -> Path:
    """The folder with the model: SageMaker delivers it as an archive."""
    archive = directory / "model.tar.gz"
    if archive.is_file():
        with tarfile.open(archive) as tar:
            tar.extractall(directory, filter="data")
    return directory


def evaluate(model: Path, rows: pd.DataFrame, target: str, seed: int) -> dict[str, Any]:
    """The report on `rows`."""
    fitted = joblib.load(unpack(model) / MODEL)
    predicted = np.asarray(fitted.predict(rows.drop(columns=[target])))
    return report(rows[target].to_numpy(), predicted, seed)


def main() -> None:
    """Runs in the processing job."""
    parser = argparse.ArgumentParser(description=__doc__)
    inputs = Path("/opt/ml/processing/input")
    parser.add_argument("--model", type=Path, default=inputs / "model")
    parser.add_argument("--test", type=Path, default=inputs / "test")
    parser.add_argument("--output", type=Path, default=Path(os.environ.get("OUTPUT", "/opt/ml/processing/output")))
    options = parser.parse_args()
    data = load().data
    found = evaluate(options.model, pd.read_csv(options.test / TEST), data.target, data.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    # The standard has no NaN, and SageMaker reads by the standard.
    (options.output / REPORT).write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    metrics = {name: metric["value"] for name, metric in found["regression_metrics"].items()}
    print(metrics)
    tracking.metrics(metrics)


if __name__ == "__main__":
    main()
