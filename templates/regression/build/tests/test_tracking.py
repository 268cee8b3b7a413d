"""MLflow: nothing without a server, one run for all steps with one."""

from __future__ import annotations

from pathlib import Path

import pytest
import tracking


def test_nothing_happens_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with tracking.run() as mlflow:
        assert mlflow is None
    tracking.metrics({"rmse": 1.0})


def test_steps_of_one_execution_share_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="pip install -r jobs/requirements-tracking.txt")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "progression")
    monkeypatch.chdir(tmp_path)
    for execution in ("one", "two"):
        monkeypatch.setenv("PIPELINE_EXECUTION", execution)
        tracking.parameters({"penalty": 1.5, "nothing": None})
        tracking.metrics({"rmse": 53.3})
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    experiment = client.get_experiment_by_name("progression")
    runs = client.search_runs([experiment.experiment_id])
    assert {run.data.tags[tracking.EXECUTION] for run in runs} == {"one", "two"} and len(runs) == 2
    for run in runs:
        assert (run.data.params, run.data.metrics) == ({"penalty": "1.5"}, {"rmse": 53.3})
