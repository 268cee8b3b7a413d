"""MLflow, where the project has a tracking server or app. The pipeline says so in the jobs' environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

SERVER = "MLFLOW_TRACKING_URI"
EXECUTION = "PIPELINE_EXECUTION"


def log(name: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
    """A run with its parameters and metrics. MLflow reads server and experiment from the environment."""
    if not os.environ.get(SERVER):
        return
    import mlflow

    with mlflow.start_run(run_name=name, tags={"pipeline-execution": os.environ.get(EXECUTION, "none")}):
        mlflow.log_params(dict(parameters))
        mlflow.log_metrics(dict(metrics))
