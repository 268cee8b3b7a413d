"""Runs the pipeline in the dev account, with the credentials that boto3 finds."""

from __future__ import annotations

import sys
from typing import Any

import boto3
from assistant.settings import Settings
from botocore.exceptions import WaiterError
from sagemaker.core.workflow.pipeline_context import PipelineSession

from pipeline.definition import build
from pipeline.project import Project

POLL_SECONDS = 30
LONGEST_DAYS = 3


def session(project: Project) -> PipelineSession:
    """A session of the SDK that keeps code in the project's bucket instead of making one."""
    return PipelineSession(
        boto_session=boto3.Session(region_name=project.region),
        default_bucket=project.bucket,
        default_bucket_prefix=f"{project.name}/code",
    )


def definition(project: Project, settings: Settings) -> str:
    """The pipeline's definition, as JSON."""
    return build(project, settings, session(project)).definition()


def run(project: Project, settings: Settings, commit: str) -> int:
    """Brings the pipeline up to date, runs it, and writes the ARN of the registered version to stdout."""
    pipeline = build(project, settings, session(project))
    pipeline.upsert(role_arn=project.execution_role, tags=project.tags)
    execution = pipeline.start(parameters={"Commit": commit})
    sys.stderr.write(f"started {execution.arn}\n")
    try:
        execution.wait(delay=POLL_SECONDS, max_attempts=LONGEST_DAYS * 24 * 3600 // POLL_SECONDS)
    except WaiterError as error:
        sys.stderr.write(f"{error}\n")
    steps = execution.list_steps()
    for step in steps:
        if reason := step.get("FailureReason"):
            sys.stderr.write(f"{step['StepName']}: {reason}\n")
    version = registered(steps)
    if version is None:
        return 1
    sys.stdout.write(f"{version}\n")
    return 0


def registered(steps: list[dict[str, Any]]) -> str | None:
    """ARN of the version, if the pipeline came so far."""
    for step in steps:
        if arn := step.get("Metadata", {}).get("RegisterModel", {}).get("Arn"):
            return arn
    return None
