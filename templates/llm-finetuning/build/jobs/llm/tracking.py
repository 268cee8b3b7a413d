"""MLflow, where the project has a tracking server or app. The pipeline says so in the jobs' environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

SERVER = "MLFLOW_TRACKING_URI"
EXECUTION = "PIPELINE_EXECUTION"


def reporters() -> list[str]:
    """What the trainer reports to."""
    return ["mlflow"] if os.environ.get(SERVER) else []


@contextmanager
def run(name: str, parameters: Mapping[str, Any]) -> Iterator[None]:
    """A run around a step. MLflow reads server and experiment from the environment."""
    if not os.environ.get(SERVER):
        yield
        return
    import mlflow

    with mlflow.start_run(run_name=name, tags={"pipeline-execution": os.environ.get(EXECUTION, "none")}):
        mlflow.log_params(parameters)
        yield


def log(metrics: Mapping[str, float]) -> None:
    """Metrics of the run that is open."""
    if os.environ.get(SERVER):
        import mlflow

        mlflow.log_metrics(dict(metrics))
