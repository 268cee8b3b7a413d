"""Runs the pipeline in the dev account, with whatever credentials boto3 finds."""

from __future__ import annotations

import sys
import time
from typing import Any

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession
from settings import Settings

from pipeline.definition import build
from pipeline.project import Project

RUNNING = {"Executing", "Stopping"}
INTERVAL = 30


def connect(project: Project, boto_session: boto3.Session | None = None) -> PipelineSession:
    """A session of the SDK that writes to the stage's bucket."""
    return PipelineSession(
        boto_session=boto_session or boto3.Session(region_name=project.region),
        default_bucket=project.bucket,
        default_bucket_prefix=project.name,
    )


def definition(project: Project, settings: Settings) -> str:
    """The definition as SageMaker takes it."""
    return build(project, settings, connect(project)).definition()


def run(project: Project, settings: Settings, commit: str) -> str | None:
    """Brings the pipeline up to date, runs it, and returns the ARN of the version that it registered."""
    tags = [{"Key": key, "Value": value} for key, value in project.tags.items()]
    pipeline = build(project, settings, connect(project))
    pipeline.upsert(role_arn=project.execution_role, tags=tags)
    client = boto3.client("sagemaker", region_name=project.region)
    execution = client.start_pipeline_execution(
        PipelineName=project.name,
        PipelineParameters=[{"Name": "Commit", "Value": commit}],
        PipelineExecutionDescription=f"commit {commit}",
    )["PipelineExecutionArn"]
    sys.stderr.write(f"{execution} runs\n")
    return wait(client, execution)


def wait(client: Any, execution: str) -> str | None:
    """Says how each step ends, and which version came of them. A `RuntimeError` says why there is none."""
    said: dict[str, str] = {}
    while True:
        status = client.describe_pipeline_execution(PipelineExecutionArn=execution)
        for step in steps(client, execution):
            name, state = step["StepName"], step["StepStatus"]
            if said.get(name) != state:
                sys.stderr.write(f"{name}: {state} {step.get('FailureReason', '')}".rstrip() + "\n")
                said[name] = state
        if status["PipelineExecutionStatus"] not in RUNNING:
            break
        time.sleep(INTERVAL)
    if status["PipelineExecutionStatus"] != "Succeeded":
        raise RuntimeError(
            f"{execution} {status['PipelineExecutionStatus'].lower()}: {status.get('FailureReason', 'no reason given')}"
        )
    registered = [step["Metadata"].get("RegisterModel", {}).get("Arn") for step in steps(client, execution)]
    return next((arn for arn in registered if arn), None)


def steps(client: Any, execution: str) -> list[dict[str, Any]]:
    """The steps so far, the first first."""
    pages = client.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution, SortOrder="Ascending"
    )
    return [step | {"Metadata": step.get("Metadata", {})} for page in pages for step in page["PipelineExecutionSteps"]]
