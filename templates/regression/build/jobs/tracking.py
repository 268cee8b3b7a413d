"""Metrics in MLflow, where the project has a tracking server or app; elsewhere nothing.

`MLFLOW_TRACKING_URI` says so: the plugin sagemaker-mlflow takes the ARN of either. All steps of one execution of the
pipeline write to one run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

EXECUTION = "pipeline-execution"


@contextmanager
def run() -> Iterator[Any]:
    """MLflow, with the run of this execution active; `None` without a server."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        yield None
        return
    import mlflow

    execution = os.environ.get("PIPELINE_EXECUTION", "local")
    experiment = mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "regression"))
    known = mlflow.MlflowClient().search_runs(
        [experiment.experiment_id], filter_string=f"tags.`{EXECUTION}` = '{execution}'", max_results=1
    )
    arguments = {"run_id": known[0].info.run_id} if known else {"run_name": execution, "tags": {EXECUTION: execution}}
    with mlflow.start_run(**arguments):
        yield mlflow


def parameters(values: Mapping[str, Any]) -> None:
    """What the model was made with."""
    with run() as mlflow:
        if mlflow:
            mlflow.log_params({name: value for name, value in values.items() if value is not None})


def metrics(values: Mapping[str, float]) -> None:
    """How good it is."""
    with run() as mlflow:
        if mlflow:
            mlflow.log_metrics(dict(values))
