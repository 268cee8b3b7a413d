"""The command line of `python -m pipeline`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

import boto3

from pipeline import execution, project


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="The pipeline that builds the model.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="say what is wrong with jobs/config.yaml and cicd-config.json")
    verbs.add_parser("definition", help="upload the jobs' code and print the definition")
    run = verbs.add_parser("run", help="bring the pipeline up to date, run it, print the version that it registered")
    commit = os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or "unknown"
    run.add_argument("--commit", default=commit, help="commit that the model is built from")
    return parser.parse_args()


def main(load_settings: Callable[[], Any]) -> int:
    """Entry point; the settings are the template's own."""
    options = arguments()
    try:
        settings, where = load_settings(), project.load()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.verb == "check":
        return 0
    # The SDK makes a client while it is imported, and fails where no Region is set.
    os.environ.setdefault("AWS_DEFAULT_REGION", where.region)
    from pipeline.definition import build
    from pipeline.parts import session

    pipeline = build(where, settings, session(where))
    if options.verb == "definition":
        sys.stdout.write(pipeline.definition() + "\n")
        return 0
    pipeline.upsert(role_arn=where.execution_role, tags=where.tags)
    client = boto3.client("sagemaker", region_name=where.region)
    try:
        version = execution.run(client, pipeline.name, options.commit)
    except execution.PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{version}\n")
    return 0
