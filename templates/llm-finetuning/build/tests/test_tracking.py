"""MLflow: used where there is a server, not even imported where there is none."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from llm import tracking


def test_nothing_happens_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow need not be installed."""
    monkeypatch.delenv(tracking.SERVER, raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with tracking.run("step", {"rank": 16}):
        tracking.log({"rouge_l": 0.5})
    assert tracking.reporters() == []


def test_runs_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """With parameters, metrics and the execution that they belong to."""
    seen: list[Any] = []
    fake = SimpleNamespace(
        start_run=lambda run_name, tags: seen.append((run_name, tags)) or nullcontext(),
        log_params=seen.append,
        log_metrics=seen.append,
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    monkeypatch.setenv(tracking.SERVER, "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/team")
    monkeypatch.setenv(tracking.EXECUTION, "abc")
    with tracking.run("step", {"rank": 16}):
        tracking.log({"rouge_l": 0.5})
    assert seen == [("step", {"pipeline-execution": "abc"}), {"rank": 16}, {"rouge_l": 0.5}]
    assert tracking.reporters() == ["mlflow"]
