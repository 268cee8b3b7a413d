"""What the pipeline needs to know of `cicd-config.json`, which aiops writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = "cicd-config.json"
VERSION = 1


@dataclass(frozen=True)
class Project:
    """The project, as its dev account sees it."""

    name: str
    repository: str
    group: str
    account: str
    region: str
    bucket: str
    execution_role: str
    mlflow: str | None = None
    studio_project: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """What everything that the pipeline makes is tagged with."""
        tags = {"aiops-project": self.name}
        return tags | ({"AmazonDataZoneProject": self.studio_project} if self.studio_project else {})


def locate(start: Path) -> Path:
    """The file, in `start` or the nearest folder above."""
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    raise FileNotFoundError(f"there is no {FILE} in {start} or above it: `aiops project seed` writes one")


def load(start: Path | None = None) -> Project:
    """Reads the file of the repository that this code is in, or of that around `start`."""
    path = locate(start or Path(__file__).resolve().parent)
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.get("version") != VERSION:
        raise ValueError(f"{FILE} has version {content.get('version')}, and this code knows version {VERSION}")
    dev, registry = content["stages"]["dev"], content["registries"]["dev"]
    return Project(
        name=content["project"]["name"],
        repository=content["repositories"]["build"]["url"],
        group=registry["model-package-group"],
        account=dev["account"],
        region=dev["region"],
        bucket=dev["bucket"],
        execution_role=dev["execution-role"],
        mlflow=dev.get("mlflow"),
        studio_project=dev.get("project"),
    )
