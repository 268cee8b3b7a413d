"""Runs the job, waits for it, and judges what came out."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from .glue import ruleset_name
from .judgement import judge
from .project import Stage

POLL = 15
_OVER = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"}


class DeliveryError(Exception):
    """A run, a check or a test that did not end well. Its text is for people."""


def run(stage: Stage, arguments: dict[str, str], glue: Any, sleep: Callable[[float], None] = time.sleep) -> str:
    """Runs the job and waits for its end; returns the state it ended in."""
    identifier = glue.start_job_run(JobName=stage.job, Arguments=arguments)["JobRunId"]
    while (found := glue.get_job_run(JobName=stage.job, RunId=identifier)["JobRun"])["JobRunState"] not in _OVER:
        sleep(POLL)
    if message := found.get("ErrorMessage"):
        print(f"run {identifier} of {stage.job}: {message}")
    return found["JobRunState"]


def check(stage: Stage, table: str, minimum: float, glue: Any, sleep: Callable[[float], None] = time.sleep) -> float:
    """Lets Glue Data Quality ask the rules of the published table; returns the score, a low one is an error."""
    identifier = glue.start_data_quality_ruleset_evaluation_run(
        DataSource={"GlueTable": {"DatabaseName": stage.database, "TableName": table}},
        Role=stage.execution_role,
        NumberOfWorkers=2,
        Timeout=60,
        RulesetNames=[ruleset_name(stage, table)],
    )["RunId"]
    while (found := glue.get_data_quality_ruleset_evaluation_run(RunId=identifier))["Status"] not in _OVER:
        sleep(POLL)
    if found["Status"] != "SUCCEEDED":
        raise DeliveryError(
            f"the quality of {table} could not be evaluated: {found.get('ErrorString', found['Status'])}"
        )
    results = [glue.get_data_quality_result(ResultId=result) for result in found["ResultIds"]]
    score = min(result["Score"] for result in results)
    if score < minimum:
        failed = [rule for result in results for rule in result["RuleResults"] if rule["Result"] != "PASS"]
        reasons = "; ".join(f"{rule.get('Description')}: {rule.get('EvaluationMessage')}" for rule in failed)
        raise DeliveryError(f"{table} has the quality score {score:.2f}, less than {minimum:.2f}: {reasons}")
    return score


def integrate(stage: Stage, requests: list[dict[str, Any]], session: Any, **more: Any) -> Iterator[str]:
    """Runs the job once for each request of the integration tests, and judges what each run wrote."""
    glue, s3 = session.client("glue"), session.client("s3")
    for request in requests:
        expect = request.get("expect", {})
        state = run(stage, request.get("arguments", {}), glue, **more)
        wrong = [f"it ended as {state}"] if state != expect.get("state", "SUCCEEDED") else []
        if not wrong and "output" in expect:
            body = s3.get_object(Bucket=stage.bucket, Key=expect["output"])["Body"].read()
            wrong = [problem for value in expect.get("values", []) if (problem := judge(value, json.loads(body)))]
        if wrong:
            raise DeliveryError(f"integration test {request['name']}: {'; '.join(wrong)}")
        yield f"integration test {request['name']}: passed"
