"""Replays the integration tests of the deploy folder on this machine, if it is in this repository."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from assistant import handler
from assistant.answering import Assistant
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from conftest import BUILD
from pipeline import project

DEPLOY = project.find(BUILD).parent / "deploy"
STAGES = ("test", "prod")

pytestmark = pytest.mark.skipif(not (DEPLOY / "test.yaml").is_file(), reason="the deploy folder is elsewhere")


def requests() -> list[Any]:
    """All of both stages."""
    return [
        pytest.param(request, id=f"{stage}-{request['name']}")
        for stage in STAGES
        if (DEPLOY / f"{stage}.yaml").is_file()
        for request in yaml.safe_load((DEPLOY / f"{stage}.yaml").read_text(encoding="utf-8"))["integration-tests"][
            "requests"
        ]
    ]


def found(path: str, answer: Any) -> list[Any]:
    """What a path of names, indexes and `[*]` leads to."""
    values = [answer]
    for name, index in re.findall(r"\.([\w-]+)|\[(-?\d+|\*)\]", path.removeprefix("$")):
        if name:
            values = [value[name] for value in values]
        elif index == "*":
            values = [one for value in values for one in value]
        else:
            values = [value[int(index)] for value in values]
    return values


CHECKS = {
    "equals": lambda value, wanted: value == wanted,
    "one-of": lambda value, wanted: value in wanted,
    "matches": lambda value, wanted: bool(re.search(wanted, value)),
    "between": lambda value, wanted: wanted[0] <= value <= wanted[1],
    "count": lambda value, wanted: wanted[0] <= len(value) <= wanted[1],
}


def answered(assistant: Assistant, request: dict[str, Any]) -> tuple[int, Any]:
    """Status and answer, as the endpoint would give them."""
    body = json.dumps(request["json"]) if "json" in request else request["body"]
    try:
        return 200, handler.respond(assistant, body, request.get("content-type", handler.JSON))
    except handler.BadRequestError as error:
        return error.status, None


@pytest.mark.parametrize("request_", requests())
def test_the_assistant_answers_as_expected(assistant: Assistant, request_: dict[str, Any]) -> None:
    """What fails here would fail the deployment."""
    expected = request_["expect"]
    status, answer = answered(assistant, request_)
    assert status == expected.get("status", 200)
    for value in expected.get("values", []):
        (check,) = value.keys() - {"path"}
        values = found(value["path"], answer)
        assert values, value
        assert all(CHECKS[check](one, value[check]) for one in values), (value, values)
    if "schema" in expected:
        schema = json.loads((DEPLOY / expected["schema"]).read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(json.dumps(answer)), schema)


@pytest.mark.parametrize("stage", STAGES)
def test_the_stage_has_a_guardrail_setting(stage: str) -> None:
    """Under the names that the handler reads."""
    environment = yaml.safe_load((DEPLOY / f"{stage}.yaml").read_text(encoding="utf-8"))["container"]["environment"]
    assert {handler.GUARDRAIL, handler.GUARDRAIL_VERSION} <= set(environment)


def test_aws_would_take_the_guardrail() -> None:
    """Every member is known, and of the right type."""
    definition = json.loads(Path(DEPLOY / "guardrail.json").read_text(encoding="utf-8"))
    shape = ServiceModel(Loader().load_service_model("bedrock", "service-2")).operation_model("CreateGuardrail")
    assert not ParamValidator().validate(definition, shape.input_shape).has_errors()
