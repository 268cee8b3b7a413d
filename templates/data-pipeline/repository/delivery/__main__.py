"""Brings a release to a stage, tests it there, and runs it.

    python -m delivery deploy test RELEASE
    python -m delivery publish test

Credentials come from AWS profiles called `dev` and like the stage: CI has them in ci/aws.config.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import glue, project, release, runs

STAGES = ("test", "prod")


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


def deploy(where: project.Project, stage: project.Stage, name: str) -> None:
    """Fetches a release and delivers it."""
    dev = where.stages["dev"]
    source = boto3.Session(profile_name="dev", region_name=dev.region)
    archive = release.fetch(name, where, source.client("s3"))
    session = boto3.Session(profile_name=stage.name, region_name=stage.region)
    deliver(where, stage, where.configuration(stage), archive, session)
    summarize(f"Release `{name}` runs in **{stage.name}**.")


def publish(where: project.Project, stage: project.Stage) -> None:
    """Publishes the tables of a stage to the catalog, with aiops: the stage's project owns them there."""
    tables = project.job(where.configuration(stage))[0].publishes
    if stage.project is None or not tables:
        print(f"nothing of {stage.name} goes to the catalog: it has no project there, or no tables to publish")
        return
    command = ["aiops", "project", "publish", where.name, "--stage", stage.name, "--database", stage.database]
    command += [part for table in tables for part in ("--table", table)]
    if (code := subprocess.run(command, cwd=where.deploy, check=False).returncode) != 0:
        raise runs.DeliveryError(f"aiops could not publish {', '.join(tables)}: exit code {code}")


def check(where: project.Project) -> None:
    """Reads the configuration of each stage that is delivered to: what is wrong with one is an error."""
    for stage in STAGES:
        project.job(where.configuration(where.stages[stage]))


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m delivery", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="say what is wrong with the configuration")
    for verb, does in {"deploy": "bring a release to a stage", "publish": "publish its tables to the catalog"}.items():
        command = verbs.add_parser(verb, help=does)
        command.add_argument("stage", choices=STAGES)
        if verb == "deploy":
            command.add_argument("release", help="its SHA-256, as `python -m pipeline run` printed it")
    options = parser.parse_args()
    try:
        where = project.load()
        match options.verb:
            case "check":
                check(where)
            case "deploy":
                deploy(where, where.stages[options.stage], options.release)
            case "publish":
                publish(where, where.stages[options.stage])
    except (BotoCoreError, ClientError, OSError, ValueError, runs.DeliveryError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
