"""Fits the model, and lays out what becomes `model.tar.gz`: the model, its signature, and the code that serves it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import joblib
import pandas as pd
import sklearn
import tracking
from model import estimator
from preprocess import TRAIN
from settings import load
from sklearn.pipeline import Pipeline

MODEL = "model.joblib"
SIGNATURE = "signature.json"
SERVING = Path(__file__).resolve().parent / "inference.py"


def signature(features: pd.DataFrame, target: str) -> dict[str, object]:
    """What a request must look like."""
    numeric = {name: pd.api.types.is_numeric_dtype(features[name]) for name in features.columns}
    return {
        "target": target,
        "features": [{"name": name, "type": "number" if numeric[name] else "text"} for name in features.columns],
        "rows": len(features),
        "scikit-learn": sklearn.__version__,
    }


def train(rows: pd.DataFrame, target: str, output: Path) -> Pipeline:
    """Writes the model below `output`."""
    features = rows.drop(columns=[target])
    fitted = estimator().fit(features, rows[target])
    (output / "code").mkdir(parents=True, exist_ok=True)
    joblib.dump(fitted, output / MODEL)
    (output / SIGNATURE).write_text(json.dumps(signature(features, target), indent=2) + "\n", encoding="utf-8")
    shutil.copy(SERVING, output / "code" / SERVING.name)
    return fitted


def main() -> None:
    """Runs in the training job."""
    settings = load()
    channel = Path(os.environ.get("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"))
    rows = pd.read_csv(channel / TRAIN)
    fitted = train(rows, settings.data.target, Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")))
    penalty = float(fitted[-1].alpha_) if hasattr(fitted[-1], "alpha_") else None
    print(f"fitted on {len(rows)} rows, penalty {penalty}")
    tracking.parameters(
        {
            "estimator": type(fitted[-1]).__name__,
            "penalty": penalty,
            "rows": len(rows),
            "features": len(rows.columns) - 1,
            "seed": settings.data.seed,
            "held_out": settings.data.held_out,
        }
    )


if __name__ == "__main__":
    main()
