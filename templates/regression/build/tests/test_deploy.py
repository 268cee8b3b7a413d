"""The requests of the deploy folder, answered by the model that is built here."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from inference import answer, model_fn
from pipeline.project import locate


def folder() -> Path | None:
    """The deploy folder, where it is in this repository."""
    path = locate(Path(__file__).resolve().parent)
    repositories = json.loads(path.read_text(encoding="utf-8"))["repositories"]
    if repositories["build"]["name"] != repositories["deploy"]["name"]:
        return None
    return path.parent / repositories["deploy"]["folder"]


DEPLOY = folder()
STAGES = [DEPLOY / f"{stage}.yaml" for stage in ("test", "prod")] if DEPLOY else []


def requests() -> list[Any]:
    """Every request of every stage."""
    found = []
    for path in STAGES:
        tests = yaml.safe_load(path.read_text(encoding="utf-8")).get("integration-tests", {})
        found += [pytest.param(path.parent, one, id=f"{path.stem}-{one['name']}") for one in tests.get("requests", [])]
    return found


def body(request: dict[str, Any], directory: Path) -> tuple[bytes, str]:
    """What is sent, and its content type."""
    if "json" in request:
        return json.dumps(request["json"]).encode(), request.get("content-type", "application/json")
    content = (directory / request["file"]).read_bytes() if "file" in request else request["body"].encode()
    return content, request["content-type"]


def select(value: Any, path: str) -> list[Any]:
    """The values at a path of members and entries."""
    found = [value]
    for name, entry in re.findall(r"\.([\w-]+)|\[(-?\d+|\*)\]", path):
        if name:
            found = [one[name] for one in found if name in one]
        elif entry == "*":
            found = [inner for one in found for inner in one]
        else:
            found = [one[int(entry)] for one in found if len(one) > int(entry)]
    return found


def holds(value: Any, judgement: dict[str, Any]) -> bool:
    """Whether a value is what is expected of it."""
    ways = {
        "equals": lambda wanted: value == wanted,
        "one-of": lambda wanted: value in wanted,
        "between": lambda wanted: wanted[0] <= float(value) <= wanted[1],
        "at-least": lambda wanted: float(value) >= wanted,
        "at-most": lambda wanted: float(value) <= wanted,
        "matches": lambda wanted: re.search(wanted, value) is not None,
        "count": lambda wanted: wanted[0] <= len(value) <= wanted[1],
    }
    return all(ways[name](wanted) for name, wanted in judgement.items() if name != "path")


@pytest.mark.skipif(DEPLOY is None, reason="the deploy folder is in another repository")
@pytest.mark.parametrize(("directory", "request_"), requests())
def test_the_model_answers_as_the_deployment_expects(built: Path, directory: Path, request_: dict[str, Any]) -> None:
    content, content_type = body(request_, directory)
    expected = request_.get("expect", {})
    model = model_fn(str(built / "artifact"))
    status, text, kind = answer(model, content, content_type, request_.get("accept", "application/json"))
    assert status == expected.get("status", 200), text
    assert kind == expected.get("content-type", kind)
    found = list(csv.reader(io.StringIO(text))) if kind == "text/csv" else json.loads(text)
    for judgement in expected.get("values", []):
        values = select(found, judgement["path"])
        assert values and all(holds(value, judgement) for value in values), (judgement, values)
    if "schema" in expected:
        jsonschema.validate(found, json.loads((directory / expected["schema"]).read_text(encoding="utf-8")))


@pytest.mark.skipif(DEPLOY is None, reason="the deploy folder is in another repository")
def test_the_instances_are_those_that_the_version_is_registered_for() -> None:
    from settings import load

    allowed = load().serving.instances
    for path in STAGES:
        instance = yaml.safe_load(path.read_text(encoding="utf-8")).get("instance")
        assert instance is None or instance["type"] in allowed, (
            f"{path.name}: {instance['type']} is not in settings.toml"
        )
