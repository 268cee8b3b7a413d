"""The pipeline's definition, if the SDK is installed (requirements.txt)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import offline
import pytest
from llm.settings import Settings
from pipeline.project import Project

pytest.importorskip("sagemaker")


@pytest.fixture(scope="module")
def definition(where: Project, wanted: Settings) -> dict[str, Any]:
    """The definition."""
    return offline.definition(where, wanted)


def test_steps(definition: dict[str, Any]) -> None:
    """In their order; registration depends on the condition."""
    assert [step["Name"] for step in definition["Steps"]] == ["Prepare", "FineTune", "Evaluate", "GoodEnough"]
    branches = definition["Steps"][-1]["Arguments"]
    assert [step["Type"] for step in branches["IfSteps"]] == ["RegisterModel"]
    assert [step["Type"] for step in branches["ElseSteps"]] == ["Fail"]


def test_conditions_are_those_of_the_configuration(definition: dict[str, Any], wanted: Settings) -> None:
    """Thresholds are not written twice."""
    conditions = definition["Steps"][-1]["Arguments"]["Conditions"]
    assert [(one["Type"], one["RightValue"]) for one in conditions] == [
        ("GreaterThanOrEqualTo", wanted.evaluation.minimum_rouge_l),
        ("LessThanOrEqualTo", wanted.evaluation.maximum_perplexity_ratio),
    ]


def test_model_is_left_uncompressed(definition: dict[str, Any], wanted: Settings) -> None:
    """And registered from where the training job leaves it."""
    training = definition["Steps"][1]["Arguments"]
    assert training["OutputDataConfig"]["CompressionType"] == "NONE"
    assert training["ResourceConfig"]["InstanceType"] == wanted.training.instance
    register = definition["Steps"][-1]["Arguments"]["IfSteps"][0]["Arguments"]
    source = register["InferenceSpecification"]["Containers"][0]["ModelDataSource"]["S3DataSource"]
    output = training["OutputDataConfig"]["S3OutputPath"]["Std:Join"]["Values"]
    job = {"Get": "Steps.FineTune.TrainingJobName"}
    assert source["S3Uri"]["Std:Join"]["Values"] == [*output, job, "output", "model", ""]


@pytest.mark.parametrize("server", [None, "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/team"])
def test_tracking_follows_the_project(where: Project, wanted: Settings, server: str | None) -> None:
    """Where there is a server, the pipeline and all of its jobs know it."""
    made = offline.definition(replace(where, mlflow=server), wanted)
    assert (made["MlflowConfig"] or {}).get("MlflowResourceArn") == server
    jobs = [step["Arguments"] for step in made["Steps"] if step["Type"] != "Condition"]
    assert {job["Environment"].get("MLFLOW_TRACKING_URI") for job in jobs} == {server}
