"""Reads the data, checks it, and holds rows out."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd
from settings import Data, load
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

TRAIN = "train.csv"
TEST = "test.csv"
# Fewer say nothing about a model.
FEWEST_ROWS = 20


def read(source: Path | None, target: str) -> pd.DataFrame:
    """The CSV files below `source`; without one, scikit-learn's diabetes data in the units of the clinic."""
    if source is None:
        return load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": target})
    paths = [source] if source.is_file() else sorted(source.rglob("*.csv"))
    if not paths:
        raise ValueError(f"there is no CSV file in {source}")
    frames = [pd.read_csv(path) for path in paths]
    for path, frame in zip(paths, frames, strict=True):
        if list(frame.columns) != list(frames[0].columns):
            raise ValueError(f"{path.name} has other columns than {paths[0].name}")
    return pd.concat(frames, ignore_index=True)


def clean(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """The columns that count, the target last, without rows that teach nothing or would be on both sides."""
    features = data.features or [name for name in frame.columns if name != data.target]
    missing = [name for name in [*features, data.target] if name not in frame.columns]
    if missing:
        raise ValueError(f"columns are missing: {', '.join(missing)}; there are {', '.join(frame.columns)}")
    if not features:
        raise ValueError("there is no column beside the target")
    if not pd.api.types.is_numeric_dtype(frame[data.target]):
        raise ValueError(f"the target {data.target} is not numeric")
    kept = frame[[*features, data.target]].dropna(subset=[data.target]).drop_duplicates()
    if len(kept) < FEWEST_ROWS:
        raise ValueError(f"{len(kept)} rows are left, at least {FEWEST_ROWS} are needed")
    return kept


def split(frame: pd.DataFrame, data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn from, and rows to be judged by."""
    train, test = train_test_split(frame, test_size=data.held_out, random_state=data.seed)
    return train, test


def preprocess(source: Path | None, output: Path, data: Data) -> None:
    """Writes `train/train.csv` and `test/test.csv` below `output`."""
    train, test = split(clean(read(source, data.target), data), data)
    for name, rows in ((TRAIN, train), (TEST, test)):
        path = output / Path(name).stem / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.to_csv(path, index=False)
        print(f"{name}: {len(rows)} rows, {len(rows.columns) - 1} features")


def main() -> None:
    """Runs in the processing job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--output", type=Path, default=Path(os.environ.get("OUTPUT", "/opt/ml/processing/output")))
    options = parser.parse_args()
    preprocess(options.source, options.output, load().data)


if __name__ == "__main__":
    main()
