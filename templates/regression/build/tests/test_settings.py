"""`settings.toml` and `cicd-config.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import settings
from pipeline import project
from settings import load

GOOD = """
[data]
target = "price"
held-out = 0.2
[evaluation]
maximum-rmse = 5
minimum-r2 = 0.5
[serving]
instances = ["ml.m5.large"]
"""


def written(directory: Path, text: str) -> Path:
    """A file of settings."""
    path = directory / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_project_s_own_are_right() -> None:
    assert load().data.target


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD))
    assert (found.evaluation.maximum_rmse, found.data.seed, found.compute.instance) == (5.0, 42, "ml.m5.large")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("[serving]", "[serve]", r"\[serve\] is not a section"),
        ("held-out", "heldout", r"\[data\] has no key heldout; it has source, target"),
        ("maximum-rmse = 5", 'maximum-rmse = "5"', "expected float"),
        ("held-out = 0.2", "held-out = true", "expected float"),
        ("held-out = 0.2", "held-out = 0.9", "held-out is not between"),
        ('target = "price"', "", "target is missing"),
        ('target = "price"', 'target = "price"\nfeatures = ["price"]', "features contain the target"),
        ('target = "price"', 'target = "price"\nsource = "/data"', "source is no s3:// address"),
        ("minimum-r2 = 0.5", "minimum-r2 = 2", "minimum-r2 is above 1"),
        ("maximum-rmse = 5", "maximum-rmse = 0", "maximum-rmse is not above 0"),
        ('["ml.m5.large"]', "[]", "instances are missing"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in GOOD
    with pytest.raises(ValueError, match=message):
        load(written(tmp_path, GOOD.replace(right, wrong)))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("held-out = 0.2", "held-out = 0.9").replace("maximum-rmse = 5", "maximum-rmse = -1")
    with pytest.raises(ValueError, match=r"held-out[\s\S]*maximum-rmse"):
        load(written(tmp_path, text))


def test_the_project_is_found_from_below() -> None:
    found = project.load()
    assert found.bucket and found.execution_role.startswith("arn:")
    assert found.tags["aiops-project"] == found.name


def test_another_version_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / project.FILE).write_text(json.dumps({"version": 2}), encoding="utf-8")
    with pytest.raises(ValueError, match="version 2"):
        project.load(tmp_path)


def test_elsewhere_there_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="aiops project seed"):
        project.load(tmp_path)


def test_steps_see_the_same_settings() -> None:
    assert settings.FILE.parent.name == "jobs"
