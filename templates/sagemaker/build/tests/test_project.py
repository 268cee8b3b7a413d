"""What is read of `cicd-config.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline import project


def test_the_file_of_this_repository_is_found() -> None:
    """From any folder in it."""
    where = project.load(Path(__file__).resolve().parent)
    assert where.execution_role.startswith("arn:aws")
    assert {"Key": "aiops-project", "Value": where.name} in where.tags


def test_tracking_and_studio_are_optional(tmp_path: Path) -> None:
    """Not every project has them."""
    content = json.loads(project.find(Path(__file__).resolve()).read_text(encoding="utf-8"))
    dev = content["stages"]["dev"]
    dev.pop("mlflow", None)
    dev["project"] = "studio"
    (tmp_path / project.FILE).write_text(json.dumps(content), encoding="utf-8")
    where = project.load(tmp_path)
    assert where.mlflow is None
    assert {"Key": "AmazonDataZoneProject", "Value": "studio"} in where.tags


def test_a_repository_without_it_is_told(tmp_path: Path) -> None:
    """By the file's name."""
    with pytest.raises(FileNotFoundError, match=r"cicd-config\.json"):
        project.load(tmp_path)


def test_newer_versions_are_refused(tmp_path: Path) -> None:
    """Rather than misread."""
    (tmp_path / project.FILE).write_text(json.dumps({"version": 2}), encoding="utf-8")
    with pytest.raises(ValueError, match="version 2"):
        project.load(tmp_path)
