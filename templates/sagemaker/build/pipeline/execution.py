"""An execution of the pipeline, from its start to the version that it registered."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

RUNNING = {"Executing", "Stopping"}
INTERVAL_SECONDS = 30


class PipelineError(RuntimeError):
    """The pipeline ended, and registered nothing."""


def run(client: Any, pipeline: str, commit: str, sleep: Callable[[float], None] = time.sleep) -> str:
    """Starts the pipeline, tells on stderr how its steps end, and returns the ARN of the version."""
    started = client.start_pipeline_execution(
        PipelineName=pipeline,
        PipelineExecutionDescription=f"commit {commit}",
        PipelineParameters=[{"Name": "Commit", "Value": commit}],
    )
    execution = started["PipelineExecutionArn"]
    sys.stderr.write(f"started {execution}\n")
    told: dict[str, str] = {}
    while True:
        # The state first: steps that are asked for afterwards are then the last ones, too.
        state = client.describe_pipeline_execution(PipelineExecutionArn=execution)
        steps = list_steps(client, execution)
        for step in steps:
            tell(step, told)
        if state["PipelineExecutionStatus"] not in RUNNING:
            return registered(state, steps)
        sleep(INTERVAL_SECONDS)


def list_steps(client: Any, execution: str) -> list[dict[str, Any]]:
    """The steps that were started, in their order."""
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution, SortOrder="Ascending"
    )
    return [step for page in pages for step in page["PipelineExecutionSteps"]]


def tell(step: dict[str, Any], told: dict[str, str]) -> None:
    """Says what became of a step, once."""
    name, status = step["StepName"], step["StepStatus"]
    if told.get(name) != status:
        told[name] = status
        reason = step.get("FailureReason")
        sys.stderr.write(f"{name}: {status}{f': {reason}' if reason else ''}\n")


def registered(state: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    """ARN of the version, or why there is none."""
    status = state["PipelineExecutionStatus"]
    if status != "Succeeded":
        raise PipelineError(f"the pipeline ended as {status}: {state.get('FailureReason', 'no reason given')}")
    for step in steps:
        if arn := step.get("Metadata", {}).get("RegisterModel", {}).get("Arn"):
            return arn
    raise PipelineError("the pipeline succeeded, but registered nothing")
