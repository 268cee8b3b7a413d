"""What `cicd-config.json` and the configuration of a stage say."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .judgement import QUESTIONS, select

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Stage:
    """Where the job runs in a stage."""

    name: str
    job: str
    """What the job is called; with the stage, because stages may share an account."""
    account: str
    region: str
    bucket: str
    execution_role: str
    database: str
    project: str | None


@dataclass(frozen=True)
class Project:
    """The project, wherever it runs."""

    name: str
    tenant: str
    deploy: Path
    stages: dict[str, Stage]

    @property
    def prefix(self) -> str:
        """What its things in shared places begin with."""
        return f"{self.tenant}-{self.name}"

    def configuration(self, stage: Stage) -> Path:
        """The settings of a stage that is delivered to."""
        return self.deploy / f"{stage.name}.yaml"

    def tags(self, stage: Stage) -> dict[str, str]:
        """By which the project's resources are told from those of others in the account."""
        project = {"AmazonDataZoneProject": stage.project} if stage.project else {}
        return {"aiops-project": self.name, "aiops-stage": stage.name, **project}


@dataclass(frozen=True)
class DataQuality:
    """The rules that a table has to pass."""

    ruleset: str
    minimum_score: float = 1.0


@dataclass(frozen=True)
class Job:
    """A stage's section `job`."""

    script: str
    glue_version: str
    worker_type: str
    workers: int
    timeout: str = "8h"
    retries: int = 0
    max_concurrent_runs: int = 1
    arguments: dict[str, str] = field(default_factory=dict)
    python_modules: list[str] = field(default_factory=list)
    schedule: str | None = None
    data_quality: DataQuality | None = None
    publishes: list[str] = field(default_factory=list)

    @property
    def timeout_minutes(self) -> int:
        """The timeout, as Glue wants it."""
        return minutes(self.timeout)


def load(root: Path = ROOT) -> Project:
    """Reads `cicd-config.json`."""
    config = json.loads((root / "cicd-config.json").read_text(encoding="utf-8"))
    if config["version"] != 1:
        raise ValueError(f"cicd-config.json has version {config['version']}, and this code knows 1")
    name, tenant = config["project"]["name"], config["project"]["tenant"]
    stages = {stage: _stage(stage, f"{tenant}-{name}-{stage}", found) for stage, found in config["stages"].items()}
    return Project(name, tenant, root / config["repositories"]["deploy"]["folder"], stages)


def _stage(name: str, job: str, stage: dict[str, Any]) -> Stage:
    try:
        database = stage["resources"]["glue-database"]
    except KeyError:
        raise ValueError(
            f"cicd-config.json names no glue-database in stages.{name}.resources: the project profile needs an"
            " environment with a lakehouse database there"
        ) from None
    return Stage(
        name=name,
        job=job,
        account=stage["account"],
        region=stage["region"],
        bucket=stage["bucket"],
        execution_role=stage["execution-role"],
        database=database,
        project=stage.get("project"),
    )


def job(path: Path) -> tuple[Job, list[dict[str, Any]]]:
    """Reads the configuration of a stage: its job, and the requests of its integration tests."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if content.get("version") != 1 or content.get("kind") != "glue-job":
        raise ValueError(f"{path} is no configuration of a Glue job of version 1")
    try:
        found = _snake(content["job"])
        if quality := found.pop("data_quality", None):
            found["data_quality"] = DataQuality(**_snake(quality))
        job, requests = Job(**found), content.get("integration-tests", {}).get("requests", [])
        _ = job.timeout_minutes
        for request in requests:
            _understood(request)
        return job, requests
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _understood(request: dict[str, Any]) -> None:
    """Refuses what would otherwise be passed over: a test that asks nothing is worse than none."""
    if unknown := set(request.get("expect", {})) - {"state", "output", "values"}:
        raise ValueError(
            f"{', '.join(sorted(unknown))} of the request {request['name']} is not judged here: use values"
        )
    for expected in request.get("expect", {}).get("values", []):
        select(expected["path"], None)
        if unknown := set(expected) - {"path", *QUESTIONS}:
            raise ValueError(
                f"the request {request['name']} asks {', '.join(sorted(unknown))}, which is not understood"
            )


def _snake(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in mapping.items()}


def minutes(duration: str) -> int:
    """`1h30m` as minutes; Glue counts whole ones."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", duration)
    hours, rest, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = (hours * 60 + rest) * 60 + seconds
    if total == 0 or total % 60:
        raise ValueError(f"{duration!r} is no duration of whole minutes, such as 1h30m")
    return total // 60
