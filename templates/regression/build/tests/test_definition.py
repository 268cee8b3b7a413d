"""The pipeline's definition, made without AWS. Needs requirements.txt; skipped where the SDK is not installed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
pytest.importorskip("sagemaker.mlops", reason="pip install -r requirements.txt")

import boto3
from botocore.awsrequest import AWSResponse
from pipeline import definition, runner
from pipeline.project import Project
from settings import Settings

PROJECT = Project(
    name="progression",
    repository="https://git.example/clinical/progression.git",
    group="progression",
    account="333333333333",
    region="eu-west-1",
    bucket="aiops-clinical-333333333333-eu-west-1",
    execution_role="arn:aws:iam::333333333333:role/aiops-execution",
    studio_project="5a1b2c3d4e5f6a",
)
TRACKING = "arn:aws:sagemaker:eu-west-1:333333333333:mlflow-tracking-server/progression"


DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Body:
    """What an answer says."""

    def __init__(self, content: bytes = b"") -> None:
        """Keeps it."""
        self.content = content

    def stream(self) -> Any:
        """All of it at once."""
        yield self.content


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were written to, in the project's bucket. Nothing else is granted, and nothing else is needed.

    The SDK likes to look into policies of the role and through all buckets, and bears that it may not.
    """
    written: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        if PROJECT.bucket not in request.url:
            return AWSResponse(request.url, 403, {}, Body(DENIED))
        if request.method == "PUT":
            written.append(request.url)
        return AWSResponse(request.url, 200, {}, Body(b"<ListBucketResult/>" if request.method == "GET" else b""))

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    connect = runner.connect

    def connected(project: Project) -> Any:
        session = boto3.Session(region_name=project.region)
        session.events.register("before-send.*", answer)
        return connect(project, session)

    monkeypatch.setattr(runner, "connect", connected)
    return written


def made(project: Project, settings: Settings) -> dict[str, Any]:
    """The definition."""
    return json.loads(runner.definition(project, settings))


def step(content: dict[str, Any], name: str) -> dict[str, Any]:
    """A step by its name, wherever it is."""
    outer = content["Steps"]
    inner = [
        one for each in outer for one in each["Arguments"].get("IfSteps", []) + each["Arguments"].get("ElseSteps", [])
    ]
    return next(one for one in outer + inner if one["Name"] == name)


def test_steps_follow_from_each_other(settings: Settings, uploads: list[str]) -> None:
    content = made(PROJECT, settings)
    assert [one["Name"] for one in content["Steps"]] == ["Preprocess", "Train", "Evaluate", "GoodEnough"]
    assert "Steps.Preprocess" in json.dumps(step(content, "Train"))
    evaluate = json.dumps(step(content, "Evaluate"))
    assert "Steps.Train.ModelArtifacts" in evaluate and "Steps.Preprocess" in evaluate
    assert uploads and all(f"/{PROJECT.name}/" in url for url in uploads)


def test_the_condition_is_that_of_the_settings(settings: Settings, uploads: list[str]) -> None:
    arguments = step(made(PROJECT, settings), "GoodEnough")["Arguments"]
    bounds = {one["Type"]: one["RightValue"] for one in arguments["Conditions"]}
    assert bounds == {
        "LessThanOrEqualTo": settings.evaluation.maximum_rmse,
        "GreaterThanOrEqualTo": settings.evaluation.minimum_r2,
    }
    assert [one["Type"] for one in arguments["ElseSteps"]] == ["Fail"]


def test_the_version_waits_for_approval_and_says_where_it_comes_from(settings: Settings, uploads: list[str]) -> None:
    request = step(made(PROJECT, settings), "Register")["Arguments"]
    assert request["ModelPackageGroupName"] == PROJECT.group
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["ModelLifeCycle"] == {"Stage": "Dev", "StageStatus": "Pending"}
    assert request["MetadataProperties"]["Repository"] == PROJECT.repository
    assert request["MetadataProperties"]["CommitId"] == {"Get": "Parameters.Commit"}
    assert request["MetadataProperties"]["GeneratedBy"] == {"Get": "Execution.PipelineExecutionArn"}
    statistics = request["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["ContentType"] == "application/json"
    assert "Steps.Evaluate" in json.dumps(statistics["S3Uri"]) and "evaluation.json" in json.dumps(statistics["S3Uri"])
    (container,) = request["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "inference.py"
    assert f"sagemaker-scikit-learn:{definition.SCIKIT_LEARN}" in container["Image"]


def test_everything_is_tagged_for_the_project(settings: Settings, uploads: list[str]) -> None:
    content = made(PROJECT, settings)
    for name in ("Preprocess", "Train", "Evaluate"):
        tags = {tag["Key"]: tag["Value"] for tag in step(content, name)["Arguments"]["Tags"]}
        assert tags == PROJECT.tags, name


def test_mlflow_is_used_where_there_is_one(settings: Settings, uploads: list[str]) -> None:
    assert "MLFLOW_TRACKING_URI" not in json.dumps(made(PROJECT, settings))
    content = made(replace(PROJECT, mlflow=TRACKING), settings)
    for name in ("Train", "Evaluate"):
        assert step(content, name)["Arguments"]["Environment"]["MLFLOW_TRACKING_URI"] == TRACKING, name
    assert content["MlflowConfig"]["MlflowResourceArn"] == TRACKING


def test_own_data_is_an_input_that_a_run_may_replace(settings: Settings, uploads: list[str]) -> None:
    own = replace(settings, data=replace(settings.data, source="s3://data/patients/"))
    content = made(PROJECT, own)
    assert {one["Name"] for one in content["Parameters"]} == {"Source", "Commit"}
    inputs = step(content, "Preprocess")["Arguments"]["ProcessingInputs"]
    source = next(one for one in inputs if one["InputName"] == "source")
    assert source["S3Input"]["S3Uri"] == {"Get": "Parameters.Source"}
