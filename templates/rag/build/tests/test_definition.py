"""The pipeline's definition, if the SDK is installed (requirements.txt)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import offline
import pytest
from assistant.settings import Settings
from pipeline.project import Project

pytest.importorskip("sagemaker")


@pytest.fixture(scope="module")
def definition(where: Project, wanted: Settings) -> dict[str, Any]:
    """The definition."""
    return offline.definition(where, wanted)


def test_steps(definition: dict[str, Any]) -> None:
    """In their order; nothing is packed or registered that is not good enough."""
    assert [step["Name"] for step in definition["Steps"]] == ["Ingest", "Evaluate", "GoodEnough"]
    branches = definition["Steps"][-1]["Arguments"]
    assert [step["Name"] for step in branches["IfSteps"]] == ["Package", "Register"]
    assert [step["Type"] for step in branches["ElseSteps"]] == ["Fail"]


def test_conditions_are_those_of_the_configuration(definition: dict[str, Any], wanted: Settings) -> None:
    """Thresholds are not written twice."""
    conditions = definition["Steps"][-1]["Arguments"]["Conditions"]
    least = wanted.evaluation
    assert [(one["Type"], one["RightValue"]) for one in conditions] == [
        ("GreaterThanOrEqualTo", value) for value in (least.minimum_recall, least.minimum_mrr, least.minimum_refusals)
    ]


def test_what_was_evaluated_is_what_is_packed(definition: dict[str, Any]) -> None:
    """And what was packed is registered."""
    package, register = definition["Steps"][-1]["Arguments"]["IfSteps"]
    index = {"Get": "Steps.Ingest.ProcessingOutputConfig.Outputs['index'].S3Output.S3Uri"}
    for step in (definition["Steps"][1], package):
        inputs = {one["InputName"]: one["S3Input"]["S3Uri"] for one in step["Arguments"]["ProcessingInputs"]}
        assert inputs["index"] == index
    packed = {"Get": "Steps.Package.ProcessingOutputConfig.Outputs['package'].S3Output.S3Uri"}
    (container,) = register["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"]["Std:Join"]["Values"] == [packed, "model.tar.gz"]


def test_jobs_read_what_is_in_s3(definition: dict[str, Any]) -> None:
    """Documents and questions of this repository were uploaded."""
    for step in definition["Steps"][:2]:
        for one in step["Arguments"]["ProcessingInputs"]:
            source = one["S3Input"]["S3Uri"]
            assert isinstance(source, dict) or source.startswith("s3://"), one["InputName"]


@pytest.mark.parametrize("server", [None, "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/team"])
def test_tracking_follows_the_project(where: Project, wanted: Settings, server: str | None) -> None:
    """Where there is a server, the pipeline and all of its jobs know it."""
    made = offline.definition(replace(where, mlflow=server), wanted)
    assert (made["MlflowConfig"] or {}).get("MlflowResourceArn") == server
    jobs = [step["Arguments"] for step in made["Steps"] if step["Type"] != "Condition"]
    assert {job["Environment"].get("MLFLOW_TRACKING_URI") for job in jobs} == {server}
