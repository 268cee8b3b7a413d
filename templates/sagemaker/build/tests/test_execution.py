"""How an execution is followed, against AWS's own model of the API."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from pipeline import execution

EXECUTION = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/abcdefghijkl"
VERSION = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/p/7"
REGISTERED = {"StepName": "Register", "StepStatus": "Succeeded", "Metadata": {"RegisterModel": {"Arn": VERSION}}}


def step(name: str, status: str, **more: Any) -> dict[str, Any]:
    """A step as the API lists it."""
    return {"StepName": name, "StepStatus": status, **more}


def run(*looks: tuple[dict[str, Any], list[list[dict[str, Any]]]]) -> tuple[str, list[float]]:
    """Runs against states of the execution, each with pages of its steps; also returns how long it slept."""
    client = boto3.client("sagemaker", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    asked = {"PipelineExecutionArn": EXECUTION}
    slept: list[float] = []
    with Stubber(client) as stub:
        started = {
            "PipelineName": "p",
            "PipelineExecutionDescription": "commit c0ffee",
            "PipelineParameters": [{"Name": "Commit", "Value": "c0ffee"}],
        }
        stub.add_response("start_pipeline_execution", asked, started)
        for state, pages in looks:
            stub.add_response("describe_pipeline_execution", state, asked)
            for number, page in enumerate(pages):
                more = {"NextToken": f"page{number + 1}"} if number + 1 < len(pages) else {}
                token = {"NextToken": f"page{number}"} if number else {}
                listing = asked | {"SortOrder": "Ascending"} | token
                stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": page} | more, listing)
        found = execution.run(client, "p", "c0ffee", slept.append)
        stub.assert_no_pending_responses()
    return found, slept


def test_the_version_is_found_on_whatever_page(capsys: pytest.CaptureFixture[str]) -> None:
    """And each change of a step is told once."""
    found, slept = run(
        ({"PipelineExecutionStatus": "Executing"}, [[step("Train", "Executing")]]),
        ({"PipelineExecutionStatus": "Executing"}, [[step("Train", "Executing")]]),
        ({"PipelineExecutionStatus": "Succeeded"}, [[step("Train", "Succeeded")], [], [REGISTERED]]),
    )
    assert found == VERSION
    assert slept == [execution.INTERVAL_SECONDS] * 2
    assert capsys.readouterr().err.splitlines()[1:] == [
        "Train: Executing",
        "Train: Succeeded",
        "Register: Succeeded",
    ]


def test_a_failure_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """The step's reason, and the pipeline's."""
    failed = {"PipelineExecutionStatus": "Failed", "FailureReason": "a step failed"}
    with pytest.raises(execution.PipelineError, match="Failed: a step failed"):
        run((failed, [[step("NotGoodEnough", "Failed", FailureReason="wanted more")]]))
    assert "NotGoodEnough: Failed: wanted more" in capsys.readouterr().err


def test_success_without_a_version_is_none() -> None:
    """Nobody should wait for an approval that cannot come."""
    with pytest.raises(execution.PipelineError, match="registered nothing"):
        run(({"PipelineExecutionStatus": "Succeeded"}, [[step("Train", "Succeeded")]]))
