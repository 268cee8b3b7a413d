"""Brings a release to a stage, tests it there, and runs it.

    python -m delivery test RELEASE

Credentials come from AWS profiles called `dev` and like the stage: CI has them in ci/aws.config.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import glue, project, release, runs


def deliver(
    where: project.Project, stage: project.Stage, configuration: Path, archive: bytes, session: Any, **more: Any
) -> None:
    """Brings the release `archive` to `stage`, tests and runs it, and checks what it published."""
    job, requests = project.job(configuration)
    for line in glue.bring(where, stage, job, release.name(archive), archive, session):
        print(line, flush=True)
    for line in runs.integrate(stage, requests, session, **more):
        print(line, flush=True)
    client = session.client("glue")
    if (state := runs.run(stage, {}, client, **more)) != "SUCCEEDED":
        raise runs.DeliveryError(f"the run of {stage.job} ended as {state}")
    print(f"run of {stage.job}: SUCCEEDED", flush=True)
    if job.data_quality:
        for table in job.publishes:
            score = runs.check(stage, table, job.data_quality.minimum_score, client, **more)
            print(f"quality of {table}: {score:.2f}", flush=True)


def summarize(text: str) -> None:
    """Adds Markdown to what GitHub shows of the run."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m delivery", description=__doc__)
    parser.add_argument("stage", choices=["test", "prod"])
    parser.add_argument("release", help="its SHA-256, as `python -m pipeline run` printed it")
    options = parser.parse_args()
    try:
        where = project.load()
        dev, stage = where.stages["dev"], where.stages[options.stage]
        source = boto3.Session(profile_name="dev", region_name=dev.region)
        archive = release.fetch(options.release, where, source.client("s3"))
        session = boto3.Session(profile_name=stage.name, region_name=stage.region)
        deliver(where, stage, where.deploy / f"{stage.name}.yaml", archive, session)
    except (BotoCoreError, ClientError, OSError, ValueError, runs.DeliveryError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    summarize(f"Release `{options.release}` runs in **{stage.name}**.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
