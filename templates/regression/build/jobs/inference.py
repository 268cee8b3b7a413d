"""Answers requests, in AWS's scikit-learn container, which calls `model_fn` once and `transform_fn` for each.

It takes `text/csv` (rows without a header, features in the order of the signature) and `application/json`
(`{"instances": [{"name": value, ...}, ...]}`), and answers in either. What it cannot read is answered with status 400
and the reason: nothing in the answer comes from a stack trace.
"""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

CSV = "text/csv"
JSON = "application/json"
MOST_ROWS = 10_000


class RefusedError(ValueError):
    """A request that is not answered, with the HTTP status that says so."""

    def __init__(self, reason: str, status: int = 400) -> None:
        """Keeps both."""
        super().__init__(reason)
        self.status = status


def model_fn(model_dir: str) -> dict[str, Any]:
    """The model and its signature."""
    directory = Path(model_dir)
    signature = json.loads((directory / "signature.json").read_text(encoding="utf-8"))
    return {"estimator": joblib.load(directory / "model.joblib"), "features": signature["features"]}


def value(given: Any, feature: dict[str, str], row: int) -> Any:
    """One value as the model wants it. Nothing is a gap."""
    if given is None or given == "":
        return None
    if feature["type"] == "text":
        return str(given)
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise RefusedError(f"row {row}: {feature['name']} is not a number")
    return number


def from_csv(text: str, features: list[dict[str, str]]) -> list[list[Any]]:
    """Rows by position."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    for number, row in enumerate(rows, 1):
        if len(row) != len(features):
            raise RefusedError(f"row {number} has {len(row)} values, expected {len(features)}")
    return [[given.strip() for given in row] for row in rows]


def from_json(text: str, features: list[dict[str, str]]) -> list[list[Any]]:
    """Rows by name."""
    try:
        instances = json.loads(text)["instances"]
        rows = [dict(instance) for instance in instances]
    except (ValueError, TypeError, KeyError) as error:
        raise RefusedError('expected {"instances": [{"name": value, ...}, ...]}') from error
    names = [feature["name"] for feature in features]
    for number, row in enumerate(rows, 1):
        if unknown := sorted(row.keys() - set(names)):
            raise RefusedError(f"row {number}: unknown features {', '.join(unknown)[:200]}")
        if missing := [name for name in names if name not in row]:
            raise RefusedError(f"row {number}: missing features {', '.join(missing)[:200]}")
    return [[row[name] for name in names] for row in rows]


def read(content: bytes | str, content_type: str, features: list[dict[str, str]]) -> pd.DataFrame:
    """The rows of a request."""
    kind = (content_type or "").split(";")[0].strip().lower()
    readers = {CSV: from_csv, JSON: from_json}
    if kind not in readers:
        raise RefusedError(f"content type {kind or 'nothing'}: expected {CSV} or {JSON}", 415)
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
    except UnicodeDecodeError as error:
        raise RefusedError("the request is not UTF-8") from error
    rows = readers[kind](text, features)
    if not 1 <= len(rows) <= MOST_ROWS:
        raise RefusedError(f"{len(rows)} rows, expected 1 to {MOST_ROWS}")
    columns = {
        feature["name"]: pd.Series(
            [value(row[place], feature, number) for number, row in enumerate(rows, 1)],
            dtype="float64" if feature["type"] == "number" else "object",
        )
        for place, feature in enumerate(features)
    }
    return pd.DataFrame(columns)


def answer(model: dict[str, Any], content: bytes | str, content_type: str, accept: str) -> tuple[int, str, str]:
    """Status, body and content type."""
    wanted = {part.split(";")[0].strip().lower() for part in (accept or JSON).split(",")}
    try:
        rows = read(content, content_type, model["features"])
        if not wanted & {JSON, CSV, "*/*", "application/*", "text/*"}:
            raise RefusedError(f"{JSON} and {CSV} are what this model answers in", 406)
    except RefusedError as error:
        return error.status, json.dumps({"error": str(error)}), JSON
    predictions = [float(prediction) for prediction in model["estimator"].predict(rows)]
    if wanted & {CSV, "text/*"} and JSON not in wanted:
        return 200, "".join(f"{prediction!r}\n" for prediction in predictions), CSV
    return 200, json.dumps({"predictions": predictions}), JSON


def transform_fn(model: dict[str, Any], content: bytes | str, content_type: str, accept: str) -> Any:
    """What the container calls for each request."""
    # The container's server is made of it; nothing else here needs it.
    from flask import Response

    status, body, kind = answer(model, content, content_type, accept)
    return Response(body, status=status, mimetype=kind)
