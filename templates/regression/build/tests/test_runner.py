"""Waiting for an execution, without AWS. Needs requirements.txt; skipped where the SDK is not installed."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
pytest.importorskip("sagemaker.mlops", reason="pip install -r requirements.txt")

from pipeline import runner

EXECUTION = "arn:aws:sagemaker:eu-west-1:333333333333:pipeline/progression/execution/abc"
VERSION = "arn:aws:sagemaker:eu-west-1:333333333333:model-package/progression/7"


class Client:
    """SageMaker, as far as waiting sees it: each description is the next of `states`."""

    def __init__(self, *states: str, reason: str | None = None) -> None:
        """Keeps what it will say."""
        self.states, self.reason = list(states), reason

    def describe_pipeline_execution(self, **_: Any) -> dict[str, str]:
        """The next state; the last one stays."""
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"PipelineExecutionStatus": state} | ({"FailureReason": self.reason} if self.reason else {})

    def get_paginator(self, _: str) -> Client:
        """Itself."""
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        """Two pages."""
        register = {"StepName": "Register", "StepStatus": "Succeeded", "Metadata": {"RegisterModel": {"Arn": VERSION}}}
        return [
            {"PipelineExecutionSteps": [{"StepName": "Train", "StepStatus": "Succeeded"}]},
            {"PipelineExecutionSteps": [register]},
        ]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Lets time pass at once."""
    slept: list[float] = []
    monkeypatch.setattr(runner.time, "sleep", slept.append)
    return slept


def test_the_version_that_was_registered_is_the_answer(no_waiting: list[float]) -> None:
    assert runner.wait(Client("Executing", "Executing", "Succeeded"), EXECUTION) == VERSION
    assert len(no_waiting) == 2


@pytest.mark.parametrize("state", ["Failed", "Stopped"])
def test_a_reason_is_passed_on(state: str) -> None:
    with pytest.raises(RuntimeError, match=f"{state.lower()}: wanted RMSE"):
        runner.wait(Client("Executing", state, reason="wanted RMSE <= 58"), EXECUTION)
