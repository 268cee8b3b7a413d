"""The model on real data: that it learns, and that the report says how well."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from evaluate_model import measure, report
from model import estimator
from pipeline import local
from settings import Settings


def metrics(built: Path) -> dict[str, dict[str, float]]:
    """The report of the session's model."""
    return json.loads((built / "evaluation.json").read_text(encoding="utf-8"))["regression_metrics"]


def test_the_model_is_good_enough_to_be_registered(built: Path, settings: Settings) -> None:
    found = json.loads((built / "evaluation.json").read_text(encoding="utf-8"))
    assert local.good_enough(found, settings.evaluation), found


def test_thresholds_decide(built: Path, settings: Settings) -> None:
    found = {"regression_metrics": metrics(built)}
    rmse = found["regression_metrics"]["rmse"]["value"]
    assert not local.good_enough(found, replace(settings.evaluation, maximum_rmse=rmse - 1e-6))
    assert not local.good_enough(found, replace(settings.evaluation, minimum_r2=1.0))


def test_it_is_better_than_always_the_mean(built: Path, settings: Settings) -> None:
    train, test = (
        pd.read_csv(built / "data" / name / f"{name}.csv")[settings.data.target] for name in ("train", "test")
    )
    mean = measure(test.to_numpy(), np.full(len(test), train.mean()))
    found = metrics(built)
    assert found["rmse"]["value"] < mean["rmse"]
    assert found["mae"]["value"] < mean["mae"]


def test_the_report_has_each_metric_with_its_deviation(built: Path) -> None:
    found = metrics(built)
    assert set(found) == {"rmse", "mse", "mae", "r2"}
    assert all(metric["standard_deviation"] > 0 for metric in found.values())
    assert found["rmse"]["value"] == pytest.approx(math.sqrt(found["mse"]["value"]))


def test_a_perfect_model_has_no_error() -> None:
    actual = np.arange(30.0)
    found = report(actual, actual, seed=0)["regression_metrics"]
    assert (found["rmse"]["value"], found["r2"]["value"]) == (0, 1)


def test_words_and_gaps_are_understood() -> None:
    rows = pd.DataFrame({"size": [1.0, 2.0, None, 4.0] * 10, "colour": ["red", "blue", "red", None] * 10})
    fitted = estimator().fit(rows, rows["size"].fillna(2.0) + (rows["colour"] == "red") * 10)
    asked = pd.DataFrame({"size": [1.0, 1.0], "colour": ["red", "green"]})
    red, unknown = fitted.predict(asked)
    assert red > unknown + 3


def test_the_archive_holds_what_the_container_needs(built: Path) -> None:
    unpacked = built / "artifact"
    assert (unpacked / "code" / "inference.py").is_file()
    signature = json.loads((unpacked / "signature.json").read_text(encoding="utf-8"))
    fitted = joblib.load(unpacked / "model.joblib")
    assert [feature["name"] for feature in signature["features"]] == list(fitted.feature_names_in_)


def test_the_model_learns_the_same_from_the_same(
    built: Path, settings: Settings, sample: Path | None, tmp_path: Path
) -> None:
    again = local.build(settings, sample, tmp_path)["regression_metrics"]
    assert again["rmse"]["value"] == pytest.approx(metrics(built)["rmse"]["value"], rel=1e-9)
