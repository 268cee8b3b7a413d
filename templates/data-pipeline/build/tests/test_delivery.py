"""Bringing a release to a stage, against an AWS in memory."""

import dataclasses
import fnmatch
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import BUILD, Aws
from delivery import glue, judgement, permissions, project, release, runs
from delivery.__main__ import deliver, publish
from measurements.storage import Directory
from refine import arguments, run

DEV = BUILD / "dev.yaml"
TABLE = yaml.safe_load(DEV.read_text())["job"]["publishes"][0]


def at_once(seconds: float) -> None:
    """Waits for nothing."""


@pytest.fixture
def lively(aws: Aws, where: project.Project, tmp_path: Path) -> Aws:
    """An AWS whose job really runs, over a directory that holds what is in the bucket."""

    def work(given: dict[str, str]) -> None:
        bucket = given["--root"].removeprefix("s3://")
        for (owner, key), content in list(aws.objects.items()):
            if owner == bucket:
                Directory(tmp_path / bucket).write(key, content)
        files = Directory(tmp_path / bucket)
        run(arguments([part for pair in given.items() for part in pair]), files)
        aws.objects |= {(bucket, key): files.read(key) for key in files.find("reports/")}

    aws.when_run = work
    return aws


def test_a_release_is_tested_run_and_checked(
    lively: Aws, where: project.Project, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(where, where.stages["dev"], DEV, release.build(BUILD), lively.session(), sleep=at_once)
    said = capsys.readouterr().out
    for line in ["job clinical-measures-dev: created", "integration test sample: passed", f"quality of {TABLE}: 1.00"]:
        assert line in said
    job = lively.things["Job"]["clinical-measures-dev"]
    assert job["GlueVersion"] == "5.1"
    assert job["Tags"]["AmazonDataZoneProject"] == "project-dev"
    assert (
        f"example-dev/code/clinical-measures/{release.name(release.build(BUILD))}/" in job["Command"]["ScriptLocation"]
    )


def test_the_second_time_nothing_changes(lively: Aws, where: project.Project) -> None:
    stage, archive = where.stages["dev"], release.build(BUILD)
    deliver(where, stage, DEV, archive, lively.session(), sleep=at_once)
    before, lively.calls = len(lively.objects), []
    deliver(where, stage, DEV, archive, lively.session(), sleep=at_once)
    assert {call for call in lively.changes if not call.startswith("Start")} == set()
    assert len(lively.objects) == before


def test_another_configuration_or_release_updates_what_it_concerns(
    aws: Aws, where: project.Project, tmp_path: Path
) -> None:
    stage, session = where.stages["test"], aws.session()
    job, _ = configured(tmp_path, schedule="cron(0 4 * * ? *)")
    files = {"jobs/refine.py": b"1", "quality/measurements.dqdl": b"Rules = [ RowCount > 1 ]"}
    list(glue.bring(where, stage, job, "a" * 64, release.pack(files), session))
    other, _ = configured(tmp_path, schedule="cron(0 5 * * ? *)", workers=9)
    files["quality/measurements.dqdl"] = b"Rules = [ RowCount > 2 ]"
    said = list(glue.bring(where, stage, other, "b" * 64, release.pack(files), session))
    assert [line.rsplit(": ")[-1] for line in said[1:]] == ["updated"] * 3
    assert aws.things["Job"][stage.job]["NumberOfWorkers"] == 9
    assert aws.things["Trigger"][stage.job]["Schedule"] == "cron(0 5 * * ? *)"
    assert aws.things["DataQualityRuleset"][f"{stage.job}-{TABLE}"]["Ruleset"] == "Rules = [ RowCount > 2 ]"
    by_hand, _ = configured(tmp_path)
    list(glue.bring(where, stage, by_hand, "b" * 64, release.pack(files), session))
    assert aws.things["Trigger"] == {}


def configured(folder: Path, **more: object) -> tuple[project.Job, list[dict[str, object]]]:
    content = yaml.safe_load(DEV.read_text())
    content["job"] |= more
    (folder / "stage.yaml").write_text(yaml.safe_dump(content))
    return project.job(folder / "stage.yaml")


def test_a_failed_integration_test_stops_before_the_real_run(
    lively: Aws, where: project.Project, tmp_path: Path
) -> None:
    content = yaml.safe_load(DEV.read_text())
    content["integration-tests"]["requests"][0]["expect"]["values"] = [{"path": "$.kept", "at-least": 101}]
    (tmp_path / "stage.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(runs.DeliveryError, match=r"sample: \$.kept is 100, which is not: at-least 101"):
        deliver(
            where,
            where.stages["dev"],
            tmp_path / "stage.yaml",
            release.build(BUILD),
            lively.session(),
            sleep=at_once,
        )
    assert lively.calls.count("StartJobRun") == 1


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"])
def test_a_run_that_does_not_succeed_is_a_failure(aws: Aws, where: project.Project, state: str) -> None:
    aws.run_states = ["STARTING", "RUNNING", state]
    with pytest.raises(runs.DeliveryError, match=state):
        deliver(where, where.stages["dev"], DEV, release.build(BUILD), aws.session(), sleep=at_once)


def test_low_quality_of_the_published_table_is_a_failure_with_its_reasons(lively: Aws, where: project.Project) -> None:
    lively.score = 0.5
    with pytest.raises(runs.DeliveryError, match=r"score 0\.50, less than 1.00: RowCount > 9: Value: 3"):
        deliver(where, where.stages["dev"], DEV, release.build(BUILD), lively.session(), sleep=at_once)


def test_a_release_is_a_matter_of_content(where: project.Project, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "jobs/__pycache__").mkdir(parents=True)
        (tmp_path / name / "jobs/a.py").write_text("a")
    (tmp_path / "two/jobs/__pycache__/a.pyc").write_text("x")
    (tmp_path / "two/README.md").write_text("x")
    assert release.build(tmp_path / "one") == release.build(tmp_path / "two")
    (tmp_path / "two/jobs/a.py").write_text("b")
    assert release.name(release.build(tmp_path / "one")) != release.name(release.build(tmp_path / "two"))


def test_a_release_is_what_its_name_says_or_refused(aws: Aws, where: project.Project) -> None:
    s3 = aws.session().client("s3")
    name = release.keep(b"archive", where, s3)
    assert release.fetch(name, where, s3) == b"archive"
    aws.objects[where.stages["dev"].bucket, release.key(where, name)] = b"another"
    with pytest.raises(ValueError, match="is another one"):
        release.fetch(name, where, s3)
    with pytest.raises(ValueError, match="is no release"):
        release.fetch("../../latest", where, s3)


def test_the_policy_allows_what_delivery_does_and_no_more(lively: Aws, where: project.Project, tmp_path: Path) -> None:
    stage, session = where.stages["dev"], lively.session()
    archive = release.build(BUILD)
    release.fetch(release.keep(archive, where, session.client("s3")), where, session.client("s3"))
    for schedule in ("cron(0 4 * * ? *)", "cron(0 5 * * ? *)", None):
        configured(tmp_path, schedule=schedule)
        deliver(where, stage, tmp_path / "stage.yaml", archive, session, sleep=at_once)
        archive = release.pack(release.unpack(archive) | {"quality/measurements.dqdl": b"Rules = [ RowCount > 0 ]"})
    called = {f"s3:{call}" if call.endswith("Object") else f"glue:{call}" for call in lively.calls}
    statements = permissions.policy(where, stage)["Statement"]
    allowed = {action for statement in statements for action in statement["Action"]}
    # Tags and roles are given along with other calls.
    assert called == allowed - {"glue:TagResource", "iam:PassRole"}
    written = [f"arn:aws:s3:::{bucket}/{key}" for bucket, key in lively.objects if not key.startswith("reports/")]
    [patterns] = [statement["Resource"] for statement in statements if statement["Sid"] == "WriteCode"]
    assert all(any(fnmatch.fnmatch(arn, pattern) for pattern in patterns) for arn in written)


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ({"path": "$.rows", "between": [1, 5]}, None),
        ({"path": "$.rows", "between": [4, 5]}, "$.rows is 3, which is not: between [4, 5]"),
        ({"path": "$.rows", "at-least": 1, "at-most": 2}, "$.rows is 3, which is not: at-most 2"),
        ({"path": "$.rows", "matches": "3"}, "$.rows is 3, which is not: matches '3'"),
        ({"path": "$.names[-1]", "one-of": ["b", "c"]}, None),
        ({"path": "$.names", "count": [1, 1]}, "$.names is ['a', 'b'], which is not: count [1, 1]"),
        ({"path": "$.names[0]", "matches": "^A"}, "$.names[0] is 'a', which is not: matches '^A'"),
        ({"path": "$.names[*]", "one-of": ["a"]}, "$.names[*] is 'b', which is not: one-of ['a']"),
        ({"path": "$['names'][*]", "matches": "^[ab]$"}, None),
        ({"path": "$.names[2]", "equals": 1}, "$.names[2] is not there"),
        ({"path": "$.rows[*]", "equals": 3}, "$.rows[*] is not there"),
        ({"path": "$.other", "equals": 1}, "$.other is not there"),
    ],
)
def test_values_of_a_report_are_judged(expected: dict[str, object], problem: str | None) -> None:
    assert judgement.judge(expected, {"rows": 3, "names": ["a", "b"]}) == problem


def test_tables_are_published_by_aiops_where_the_stage_has_a_project(
    where: project.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(DEV, tmp_path / "deploy/test.yaml")
    aiops = tmp_path / "aiops"
    aiops.write_text('#!/bin/sh\necho "$@"\nexit $CODE\n')
    aiops.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CODE", "0")
    stage = where.stages["test"]
    publish(where, stage)
    expected = f"project publish measures --stage test --database measurements_db --table {TABLE}\n"
    assert capfd.readouterr().out == expected
    monkeypatch.setenv("CODE", "5")
    with pytest.raises(runs.DeliveryError, match=f"could not publish {TABLE}: exit code 5"):
        publish(where, stage)
    capfd.readouterr()
    publish(where, dataclasses.replace(stage, project=None))
    assert capfd.readouterr().out.startswith("nothing of test goes to the catalog")


def test_durations() -> None:
    assert [project.minutes(text) for text in ("30m", "1h", "1h30m", "120s")] == [30, 60, 90, 2]
    for text in ("", "30", "m", "90s", "0m", "1h30", "30m1h"):
        with pytest.raises(ValueError, match="no duration"):
            project.minutes(text)


def test_a_configuration_with_a_key_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="worker_kind"):
        configured(tmp_path, **{"worker-kind": "G.1X"})


@pytest.mark.parametrize(
    "expect",
    [
        {"output": "r.json", "schema": "s.json"},
        {"output": "r.json", "values": [{"path": "rows", "equals": 1}]},
        {"output": "r.json", "values": [{"path": "$.rows[", "equals": 1}]},
        {"output": "r.json", "values": [{"path": "$.rows", "is": 1}]},
    ],
)
def test_what_would_be_asked_of_a_run_in_vain_is_refused(tmp_path: Path, expect: dict[str, object]) -> None:
    content = yaml.safe_load(DEV.read_text())
    content["integration-tests"]["requests"][0]["expect"] = expect
    (tmp_path / "stage.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=r"not judged|not understood"):
        project.job(tmp_path / "stage.yaml")


def test_a_project_without_a_database_says_what_is_missing(where: project.Project, tmp_path: Path) -> None:
    path = tmp_path / "cicd-config.json"
    config = json.loads(path.read_text())
    del config["stages"]["prod"]["resources"]
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"no glue-database in stages\.prod"):
        project.load(tmp_path)
