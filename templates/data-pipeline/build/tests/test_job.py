"""The job as a whole, in a directory, and as a program of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import refine as job
from conftest import BUILD
from measurements import schema
from measurements.catalog import definition
from measurements.storage import Directory
from sklearn.datasets import load_diabetes

RULES = "quality/measurements.dqdl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that is to the job what a bucket is, with samples and rules."""
    for part in ("samples", "quality"):
        shutil.copytree(BUILD / part, tmp_path / part)
    return tmp_path


def run(root: Path, *more: str, source: str = "samples/") -> dict[str, object]:
    line = ["--root", str(root), "--source", source, "--ruleset", RULES, "--table", "measurements", *more]
    return job.run(job.arguments(line), Directory(root))


def test_the_samples_are_real_but_for_three_rows() -> None:
    sample = pd.read_csv(BUILD / "samples/measurements.csv").iloc[1:101].reset_index(drop=True)
    real = load_diabetes(as_frame=True, scaled=False).frame.head(100)
    pd.testing.assert_frame_equal(sample.drop(columns="record_id"), real, check_dtype=False)


def test_what_is_right_is_published_and_the_rest_is_kept_aside(root: Path) -> None:
    report = run(root)
    assert (report["rows"], report["kept"], report["rejected"], report["score"]) == (103, 100, 3, 1.0)
    table = pq.read_table(report["location"], partitioning=None)
    assert table.schema.remove_metadata() == schema.arrow()
    assert table.num_rows == 100
    [rejected] = (root / "rejected/measurements").iterdir()
    reasons = pd.read_csv(rejected)["reason"].tolist()
    assert [reason.split()[0] for reason in reasons] == ["a", "age", "bmi"]
    assert json.loads((root / "reports/measurements/run.json").read_text()) == report


def test_the_same_source_gives_the_same_files(root: Path) -> None:
    run(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    run(root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_what_is_not_good_enough_is_not_published(root: Path) -> None:
    (root / RULES).write_text('Rules = [ RowCount > 1, IsUnique "sex" ]')
    report = run(root)
    assert (report["published"], report["score"], report["failed"]) == (False, 0.5, ['IsUnique "sex"'])
    assert not (root / "refined").exists()
    assert run(root, "--minimum-score", "0.5")["published"]


def test_the_program_fails_when_nothing_is_published(root: Path) -> None:
    (root / RULES).write_text("Rules = [ RowCount > 1000 ]")
    # Glue passes arguments of its own.
    line = ["--root", str(root), "--source", "samples/", "--ruleset", RULES, "--table", "t", "--JOB_NAME", "x"]
    ended = subprocess.run(
        [sys.executable, BUILD / "jobs/refine.py", *line], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "RowCount > 1000" in ended.stderr
    (root / RULES).write_text("Rules = [ RowCount > 10 ]")
    job.main(line)


def test_an_empty_source_is_a_failure(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no CSV file at .*nothing"):
        run(root, source="nothing/")


def test_the_catalog_has_the_columns_of_the_files() -> None:
    columns = definition("t", "s3://b/t/")["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == schema.arrow().names
    assert all(column["Comment"] for column in columns)
