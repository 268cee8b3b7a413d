"""The pipeline's definition, if the SDK is installed (requirements.txt). What it sends to AWS stays here."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from llm.settings import Settings

from pipeline.project import Project

pytest.importorskip("sagemaker")


class Body(io.BytesIO):
    """A response's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it."""
        yield self.getvalue()


def answer(request: Any, **_: Any) -> Any:
    """S3 takes what it is given; everything else is denied."""
    from botocore.awsrequest import AWSResponse

    if ".s3." not in request.url and "//s3." not in request.url:
        refusal = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>offline</Message></Error></ErrorResponse>"
        return AWSResponse(request.url, 403, {}, Body(refusal))
    listing = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>" if request.method == "GET" else b""
    return AWSResponse(request.url, 200, {}, Body(listing))


@pytest.fixture(scope="module")
def definition(where: Project, wanted: Settings) -> dict[str, Any]:
    """The definition."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "offline")
        patch.setenv("AWS_DEFAULT_REGION", where.region)
        import boto3
        from sagemaker.core.workflow.pipeline_context import PipelineSession

        from pipeline.definition import build

        session = boto3.Session(region_name=where.region)
        session.events.register("before-send", answer)
        built = build(where, wanted, PipelineSession(boto_session=session, default_bucket=where.bucket))
        return json.loads(built.definition())


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


def test_tracking_follows_the_project(definition: dict[str, Any], where: Project) -> None:
    """A server is named where there is one."""
    assert definition.get("MlflowConfig", {}).get("MlflowResourceArn") == where.mlflow
