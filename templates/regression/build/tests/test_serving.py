"""The code that answers requests, on the archive that a deployment gets."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from settings import Settings


@pytest.fixture(scope="session")
def serving(built: Path) -> ModuleType:
    """The module as it comes out of the archive, not out of the repository."""
    path = built / "artifact" / "code" / "inference.py"
    specification = importlib.util.spec_from_file_location("packaged_inference", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def model(serving: ModuleType, built: Path) -> dict[str, Any]:
    """What the container loads."""
    return serving.model_fn(str(built / "artifact"))


@pytest.fixture(scope="session")
def rows(built: Path, settings: Settings) -> pd.DataFrame:
    """Rows that the model has not seen."""
    return pd.read_csv(built / "data" / "test" / "test.csv").drop(columns=[settings.data.target]).head(3)


def test_both_forms_get_the_model_s_answer(serving: ModuleType, model: dict[str, Any], rows: pd.DataFrame) -> None:
    expected = pytest.approx(list(model["estimator"].predict(rows)))
    by_position = rows.to_csv(index=False, header=False)
    status, body, kind = serving.answer(model, by_position.encode(), "text/csv; charset=utf-8", "application/json")
    assert (status, kind) == (200, "application/json")
    assert json.loads(body)["predictions"] == expected
    # Names count, not their order.
    by_name = json.dumps({"instances": json.loads(rows[rows.columns[::-1]].to_json(orient="records"))})
    status, body, kind = serving.answer(model, by_name, "application/json", "text/csv")
    assert (status, kind) == (200, "text/csv")
    assert [float(line) for line in body.splitlines()] == expected


def test_a_gap_is_no_mistake(serving: ModuleType, model: dict[str, Any], rows: pd.DataFrame) -> None:
    instance = json.loads(rows.head(1).to_json(orient="records"))[0]
    instance[next(iter(instance))] = None
    status, body, _ = serving.answer(model, json.dumps({"instances": [instance]}), "application/json", "*/*")
    assert status == 200 and len(json.loads(body)["predictions"]) == 1


@pytest.mark.parametrize(
    ("content", "content_type", "accept", "status", "reason"),
    [
        (b"", "text/csv", "*/*", 400, "0 rows"),
        (b"\xff\xfe", "text/csv", "*/*", 400, "not UTF-8"),
        (b"[1, 2]", "application/json", "*/*", 400, "instances"),
        (b'{"instances": 3}', "application/json", "*/*", 400, "instances"),
        (b"{", "application/json", "*/*", 400, "instances"),
        (b'{"instances": [{}]}', "application/json", "*/*", 400, "missing features"),
        (b'{"instances": [{"shoe_size": 43}]}', "application/json", "*/*", 400, "unknown features shoe_size"),
        (b"<a/>", "application/xml", "*/*", 415, "application/xml"),
        (b"<a/>", "", "*/*", 415, "nothing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    serving: ModuleType, model: dict[str, Any], content: bytes, content_type: str, accept: str, status: int, reason: str
) -> None:
    found, body, kind = serving.answer(model, content, content_type, accept)
    assert (found, kind) == (status, "application/json")
    assert reason in json.loads(body)["error"]


def test_rows_have_all_features_and_no_more(serving: ModuleType, model: dict[str, Any]) -> None:
    width = len(model["features"])
    for wrong in (width + 1, width + 2):
        status, body, _ = serving.answer(model, ",".join(["1"] * wrong), "text/csv", "*/*")
        assert status == 400 and f"expected {width}" in body, body


@pytest.mark.parametrize("wrong", ["wide", "nan", "inf", True, [1]])
def test_numbers_are_numbers(serving: ModuleType, model: dict[str, Any], rows: pd.DataFrame, wrong: Any) -> None:
    number = next((feature["name"] for feature in model["features"] if feature["type"] == "number"), None)
    if number is None:
        pytest.skip("the model has no numeric feature")
    instance = json.loads(rows.head(1).to_json(orient="records"))[0] | {number: wrong}
    status, body, _ = serving.answer(model, json.dumps({"instances": [instance]}), "application/json", "*/*")
    assert status == 400 and f"row 1: {number} is not a number" in body


def test_answers_that_nobody_can_read_are_not_made(
    serving: ModuleType, model: dict[str, Any], rows: pd.DataFrame
) -> None:
    content = rows.to_csv(index=False, header=False)
    assert serving.answer(model, content, "text/csv", "image/png")[0] == 406


def test_the_container_gets_status_and_type(
    serving: ModuleType, model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    response = lambda body, status, mimetype: (status, mimetype, body)  # noqa: E731
    monkeypatch.setitem(sys.modules, "flask", SimpleNamespace(Response=response))
    status, mimetype, body = serving.transform_fn(model, b"", "text/csv", "text/csv")
    assert (status, mimetype) == (400, "application/json") and "error" in body
