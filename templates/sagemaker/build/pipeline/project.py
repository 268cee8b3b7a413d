"""What `cicd-config.json` says about the project: where the pipeline runs, and where it registers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "cicd-config.json"


@dataclass(frozen=True)
class Project:
    """The project in its dev account."""

    name: str
    repository: str
    model_package_group: str
    region: str
    bucket: str
    execution_role: str
    mlflow: str | None
    unified_studio_project: str | None

    @property
    def tags(self) -> list[dict[str, str]]:
        """Tags by which the project's resources are told from those of other projects in the account."""
        tags = {"aiops-project": self.name}
        if self.unified_studio_project:
            tags["AmazonDataZoneProject"] = self.unified_studio_project
        return [{"Key": key, "Value": value} for key, value in tags.items()]


def find(start: Path) -> Path:
    """The file at the root of the repository that `start` is in."""
    for directory in (start, *start.parents):
        if (directory / FILE).is_file():
            return directory / FILE
    raise FileNotFoundError(f"no {FILE} in {start} or above: is this a repository that aiops seeded?")


def load(start: Path | None = None) -> Project:
    """Reads the file."""
    path = find(start or Path(__file__).resolve().parent)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content["version"] != 1:
        raise ValueError(f"{FILE} has version {content['version']}, this code knows 1")
    dev = content["stages"]["dev"]
    return Project(
        name=content["project"]["name"],
        repository=content["repositories"]["build"]["url"],
        model_package_group=content["registries"]["dev"]["model-package-group"],
        region=dev["region"],
        bucket=dev["bucket"],
        execution_role=dev["execution-role"],
        mlflow=dev.get("mlflow"),
        unified_studio_project=dev.get("project"),
    )
