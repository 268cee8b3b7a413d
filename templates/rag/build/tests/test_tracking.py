"""MLflow: used where there is a server, not even imported where there is none."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from assistant import tracking


def test_nothing_happens_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow need not be installed."""
    monkeypatch.delenv(tracking.SERVER, raising=False)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    tracking.log("evaluate", {"passages": 4}, {"recall": 0.5})


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
    tracking.log("evaluate", {"passages": 4}, {"recall": 0.5})
    assert seen == [("evaluate", {"pipeline-execution": "abc"}), {"passages": 4}, {"recall": 0.5}]
