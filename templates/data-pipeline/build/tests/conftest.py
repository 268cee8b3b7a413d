"""What tests share: real measurements, and an AWS in memory."""

import io
import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pandas as pd
import pytest
from botocore.loaders import Loader, create_loader
from delivery.project import Project, load
from sklearn.datasets import load_diabetes

BUILD = Path(__file__).resolve().parents[1]


@pytest.fixture
def raw() -> pd.DataFrame:
    """442 real patients as a source delivers them: text, with the headers of the study."""
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.insert(0, "record_id", range(1, len(frame) + 1))
    return frame.astype({"age": int, "sex": int, "target": int}).astype("string")


@pytest.fixture
def where(tmp_path: Path) -> Project:
    """A project like this one, in accounts that are made up."""
    resources = {"glue-database": "measurements_db"}
    stages = {
        stage: {
            "account": account,
            "region": "eu-west-1",
            "bucket": f"example-{stage}",
            "execution-role": f"arn:aws:iam::{account}:role/jobs",
            "ci-role": f"arn:aws:iam::{account}:role/ci",
            "project": f"project-{stage}",
            "resources": resources,
        }
        for stage, account in {"dev": "111111111111", "test": "222222222222", "prod": "333333333333"}.items()
    }
    repository = {"name": "acme/measures", "url": "https://example.com/acme/measures.git", "folder": "deploy"}
    config = {
        "version": 1,
        "project": {"name": "measures", "tenant": "clinical"},
        "repositories": {"build": repository, "deploy": repository},
        "stages": stages,
    }
    (tmp_path / "cicd-config.json").write_text(json.dumps(config))
    return load(tmp_path)


@cache
def _models() -> Loader:
    """AWS's models, which are long: read once for all tests."""
    return create_loader()


class Aws:
    """S3 and Glue in memory, below real clients: botocore checks every request against AWS's model first."""

    def __init__(self) -> None:
        """Nothing is in it."""
        self.objects: dict[tuple[str, str], bytes] = {}
        self.things: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.calls: list[str] = []
        self.run_states = ["RUNNING", "SUCCEEDED"]
        self.when_run: Callable[[dict[str, str]], None] = lambda arguments: None
        self.score = 1.0

    def session(self) -> boto3.Session:
        """A session that reaches this and nothing else."""
        core = botocore.session.Session()
        core.register_component("data_loader", _models())
        core.register("before-parameter-build", self._remember)
        core.register("before-call", self._answer)
        return boto3.Session("none", "none", region_name="eu-west-1", botocore_session=core)

    @property
    def changes(self) -> list[str]:
        """The calls that change something other than objects."""
        return [call for call in self.calls if not call.startswith(("Get", "Put"))]

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        self.calls.append(model.name)
        found = getattr(self, model.name)(context["asked"])
        status = type("Http", (), {"status_code": 400 if "Error" in found else 200})
        return status, found

    def PutObject(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.objects[asked["Bucket"], asked["Key"]] = asked["Body"].read()
        return {}

    def GetObject(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        content = self.objects.get((asked["Bucket"], asked["Key"]))
        return {"Error": {"Code": "NoSuchKey"}} if content is None else {"Body": io.BytesIO(content)}

    def StartJobRun(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        job = self.things["Job"][asked["JobName"]]
        self.when_run(job["DefaultArguments"] | asked["Arguments"])
        self.things["Run"]["run"] = {"states": list(self.run_states)}
        return {"JobRunId": "run"}

    def GetJobRun(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        states = self.things["Run"][asked["RunId"]]["states"]
        return {"JobRun": {"JobRunState": states.pop(0) if len(states) > 1 else states[0]}}

    def StartDataQualityRulesetEvaluationRun(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert set(asked["RulesetNames"]) <= set(self.things["DataQualityRuleset"])
        return {"RunId": "evaluation"}

    def GetDataQualityRulesetEvaluationRun(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Status": "SUCCEEDED", "ResultIds": ["result"]}

    def GetDataQualityResult(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        bad = {"Description": "RowCount > 9", "EvaluationMessage": "Value: 3", "Result": "FAIL"}
        return {"Score": self.score, "RuleResults": [] if self.score == 1 else [bad]}

    def __getattr__(self, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """Create, Get, Update and Delete of jobs, triggers and rulesets."""
        for verb in ("Create", "Get", "Update", "Delete"):
            if operation.startswith(verb):
                return lambda asked: self._thing(verb, operation.removeprefix(verb), asked)
        raise AttributeError(operation)

    def _thing(self, verb: str, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
        things, name = self.things[kind], asked.get("Name") or asked["JobName"]
        if verb == "Create":
            assert name not in things
            things[name] = dict(asked)
            return {"Name": name}
        if name not in things:
            return {"Error": {"Code": "EntityNotFoundException", "Message": f"{kind} {name}"}}
        if verb == "Update":
            things[name] = {"Name": name} | asked.get(f"{kind}Update", {**things[name], **asked})
            if kind == "Trigger":
                things[name] |= {"Type": "SCHEDULED"}
        if verb == "Delete":
            del things[name]
        return things.get(name, {}) if kind == "DataQualityRuleset" else {kind: things.get(name, {})}


@pytest.fixture
def aws() -> Aws:
    """An AWS without anything in it."""
    return Aws()
