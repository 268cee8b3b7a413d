"""Train, evaluate and package the example models; `--check` compares a fresh training with the committed files.

Both versions are linear on purpose: `model.json` then describes the model completely, so a server needs no
scikit-learn to answer, and `model.joblib` beside it is the same model as the library knows it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import math
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
MODEL_NAME = "diabetes-progression"
TARGET = "disease_progression"
SEED = 42
HELD_OUT = 0.25
RESAMPLES = 1000
SAMPLE_ROWS = 5
ALPHAS = np.logspace(-2, 3, 51)
RELATIVE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Split:
    """The rows of one version's features: those it learns from and those held out to judge it."""

    train_x: np.ndarray
    test_x: np.ndarray
    train_y: np.ndarray
    test_y: np.ndarray


@dataclass(frozen=True)
class Version:
    """One version of the model: which features it sees and how it is fitted."""

    name: str
    features: tuple[str, ...]
    algorithm: str
    estimator: Callable[[], RegressorMixin | Pipeline]


VERSIONS = (
    Version(
        "v1",
        ("age", "sex", "bmi", "bp"),
        "ordinary least squares on what needs no laboratory",
        LinearRegression,
    ),
    Version(
        "v2",
        ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
        "ridge regression on all features, standardised; its penalty is chosen by leave-one-out on the training rows",
        lambda: make_pipeline(StandardScaler(), RidgeCV(alphas=ALPHAS)),
    ),
)


def split(features: tuple[str, ...]) -> Split:
    """The same rows are held out for every version, so that their metrics can be compared."""
    data = load_diabetes(scaled=False)
    columns = [list(data.feature_names).index(name) for name in features]
    return Split(*train_test_split(data.data[:, columns], data.target, test_size=HELD_OUT, random_state=SEED))


def linear_form(estimator: RegressorMixin | Pipeline) -> tuple[list[float], float]:
    """Coefficients and intercept in the units of the raw features: scaling is folded into them."""
    if not isinstance(estimator, Pipeline):
        return [float(c) for c in estimator.coef_], float(estimator.intercept_)
    scaler, model = estimator[0], estimator[-1]
    coefficients = model.coef_ / scaler.scale_
    return [float(c) for c in coefficients], float(model.intercept_ - coefficients @ scaler.mean_)


def measure(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """The metrics that the project records everywhere, by these names."""
    mse = float(mean_squared_error(actual, predicted))
    return {
        "rmse": math.sqrt(mse),
        "mse": mse,
        "mae": float(mean_absolute_error(actual, predicted)),
        "r2": float(r2_score(actual, predicted)),
    }


def quality_report(actual: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """SageMaker's model quality report for a regression; the deviations come from resampling the held-out rows."""
    random = np.random.default_rng(SEED)
    picks = random.integers(0, len(actual), size=(RESAMPLES, len(actual)))
    resampled = [measure(actual[pick], predicted[pick]) for pick in picks]
    return {
        "regression_metrics": {
            name: {"value": value, "standard_deviation": float(np.std([sample[name] for sample in resampled], ddof=1))}
            for name, value in measure(actual, predicted).items()
        }
    }


def archive(files: dict[str, bytes]) -> bytes:
    """A `model.tar.gz` whose bytes depend on its contents alone: sorted names, no times, no owners."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as zipped,
        tarfile.open(mode="w", fileobj=zipped, format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def as_json(value: Any) -> bytes:
    """JSON as a person reads it; the standard's numbers only."""
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def serialised(estimator: RegressorMixin | Pipeline) -> bytes:
    """The fitted estimator as joblib stores it."""
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    return buffer.getvalue()


def build(version: Version) -> dict[str, bytes]:
    """Every file of one version, by name."""
    rows = split(version.features)
    estimator = version.estimator().fit(rows.train_x, rows.train_y)
    coefficients, intercept = linear_form(estimator)
    predicted = estimator.predict(rows.test_x)
    from_json = rows.test_x @ np.array(coefficients) + intercept
    np.testing.assert_allclose(from_json, predicted, rtol=RELATIVE_TOLERANCE)

    metrics = measure(rows.test_y, predicted)
    model = {
        "format": "aiops-linear/1",
        "target": TARGET,
        "features": list(version.features),
        "coefficients": coefficients,
        "intercept": intercept,
        "training": {"rows": len(rows.train_y), "seed": SEED},
        "metrics": metrics,
    }
    baseline = measure(rows.test_y, np.full_like(rows.test_y, rows.train_y.mean()))
    record: dict[str, Any] = {
        "model": MODEL_NAME,
        "version": version.name,
        "algorithm": version.algorithm,
        "rows": {"training": len(rows.train_y), "held_out": len(rows.test_y)},
        "held_out": metrics,
        "training": measure(rows.train_y, estimator.predict(rows.train_x)),
        "predicting_the_mean": baseline,
    }
    if isinstance(estimator, Pipeline):
        record["penalty"] = float(estimator[-1].alpha_)

    sample = rows.test_x[:SAMPLE_ROWS]
    requests = {
        "content_type": "text/csv",
        "features": list(version.features),
        "rows": [
            {"features": [float(x) for x in row], "prediction": float(answer), "actual": float(truth)}
            for row, answer, truth in zip(sample, predicted, rows.test_y, strict=False)
        ],
    }
    return {
        "model.tar.gz": archive({"model.json": as_json(model), "model.joblib": serialised(estimator)}),
        "metrics.json": as_json(record),
        "evaluation.json": as_json(quality_report(rows.test_y, predicted)),
        "requests.csv": "".join(",".join(f"{x:.12g}" for x in row) + "\n" for row in sample).encode(),
        "requests.json": as_json(requests),
    }


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a model archive."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar.getmembers()}  # type: ignore[union-attr]


def differences(expected: Any, found: Any, where: str) -> list[str]:
    """Where two JSON values differ, numbers being equal within the tolerance."""
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [f"{where}.{key}: only on one side" for key in sorted(expected.keys() ^ found.keys())]
        shared = [key for key in expected if key in found]
        return missing + [line for key in shared for line in differences(expected[key], found[key], f"{where}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for i, (a, b) in pairs for line in differences(a, b, f"{where}[{i}]")]
    numbers = isinstance(expected, float) and isinstance(found, float)
    same = math.isclose(expected, found, rel_tol=RELATIVE_TOLERANCE) if numbers else expected == found
    return [] if same else [f"{where}: committed {expected!r}, trained {found!r}"]


def check(version: Version, directory: Path) -> list[str]:
    """What a fresh training of this version and the committed files disagree about."""
    problems = []
    for name, content in build(version).items():
        path = directory / name
        where = f"{version.name}/{name}"
        if not path.is_file():
            problems.append(f"{where}: missing")
        elif name.endswith(".json"):
            problems += differences(json.loads(path.read_bytes()), json.loads(content), where)
        elif name == "model.tar.gz":
            problems += check_archive(path.read_bytes(), content, where)
        elif path.read_bytes() != content:
            problems.append(f"{where}: other rows")
    return problems


def check_archive(committed: bytes, trained: bytes, where: str) -> list[str]:
    """Compares descriptions as numbers and estimators by what they predict, not as bytes.

    Processors disagree about a number's last digits.
    """
    old, new = unpack(committed), unpack(trained)
    if old.keys() != new.keys():
        return [f"{where}: holds {sorted(old)}, expected {sorted(new)}"]
    problems = differences(json.loads(old["model.json"]), json.loads(new["model.json"]), f"{where}/model.json")
    features = tuple(json.loads(new["model.json"])["features"])
    rows = split(features).test_x
    with tempfile.TemporaryDirectory() as directory:
        answers = []
        for label, files in (("committed", old), ("trained", new)):
            path = Path(directory) / label
            path.write_bytes(files["model.joblib"])
            answers.append(joblib.load(path).predict(rows))
    if not np.allclose(*answers, rtol=RELATIVE_TOLERANCE, atol=0):
        problems.append(f"{where}/model.joblib: predicts otherwise")
    return problems


def main() -> int:
    """Trains and writes, or trains and compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare with the committed files and write nothing")
    arguments = parser.parse_args()
    problems: list[str] = []
    for version in VERSIONS:
        directory = HERE / MODEL_NAME / version.name
        if arguments.check:
            problems += check(version, directory)
            continue
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in build(version).items():
            (directory / name).write_bytes(content)
        print(f"{version.name}: {json.loads((directory / 'metrics.json').read_bytes())['held_out']}")
    for problem in problems:
        print(problem, file=sys.stderr)
    if arguments.check and not problems:
        print(f"{len(VERSIONS)} versions match what is committed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
