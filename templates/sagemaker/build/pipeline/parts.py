"""What pipelines are made of, in the words of the SageMaker Python SDK."""

from __future__ import annotations

from typing import Any

import boto3
from sagemaker.core import image_uris
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    MlflowConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step, StepTypeEnum

from pipeline.project import Project

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


SDK_SETTINGS = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
"""In place of what the machine has: the same everywhere, and nothing is told about its use."""


class RegisterStep(Step):
    """Registers a model package by a request of one's own.

    The SDK's ModelStep wants a ModelBuilder, which packs anew what is packed, and has no word for what is not.
    """

    def __init__(self, name: str, request: dict[str, Any]) -> None:
        """Keeps the request."""
        super().__init__(name, step_type=StepTypeEnum.REGISTER_MODEL)
        self._request = request
        self._properties = Properties(step_name=name, step=self, shape_name="DescribeModelPackageOutput")

    @property
    def arguments(self) -> dict[str, Any]:
        """The request."""
        return self._request

    @property
    def properties(self) -> Properties:
        """What DescribeModelPackage says of the version."""
        return self._properties


class Parts:
    """What the steps of one pipeline share."""

    def __init__(self, project: Project, session: PipelineSession) -> None:
        """Settles it."""
        self.project = project
        self.session = session
        self.commit = ParameterString(name="Commit", default_value="unknown")
        self.environment = {
            "AWS_DEFAULT_REGION": project.region,
            "PIPELINE_EXECUTION": ExecutionVariables.PIPELINE_EXECUTION_ID,
        }
        if project.mlflow:
            self.environment |= {"MLFLOW_TRACKING_URI": project.mlflow, "MLFLOW_EXPERIMENT_NAME": project.name}

    def location(self, *parts: Any) -> Join:
        """An address below what this execution writes."""
        root = f"s3://{self.project.bucket}/{self.project.name}/pipeline"
        return Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])

    def pytorch(self, version: str, python: str, scope: str, instance: str) -> str:
        """AWS's image with PyTorch, for the kind of instance."""
        return image_uris.retrieve(
            "pytorch", self.project.region, version, python, instance_type=instance, image_scope=scope
        )

    def processor(self, name: str, image: str, instance: str, volume_gb: int, hours: int) -> FrameworkProcessor:
        """Runs one of the jobs' scripts."""
        return FrameworkProcessor(
            image_uri=image,
            role=self.project.execution_role,
            instance_count=1,
            instance_type=instance,
            volume_size_in_gb=volume_gb,
            max_runtime_in_seconds=hours * 3600,
            base_job_name=f"{self.project.name}-{name}",
            sagemaker_session=self.session,
            env=self.environment,
            tags=self.project.tags,
        )

    def pipeline(self, steps: list[Step]) -> Pipeline:
        """The whole; its executions are runs of the project's MLflow experiment, if there is a server."""
        tracking = None
        if self.project.mlflow:
            tracking = MlflowConfig(mlflow_resource_arn=self.project.mlflow, mlflow_experiment_name=self.project.name)
        return Pipeline(
            name=self.project.name,
            parameters=[self.commit],
            mlflow_config=tracking,
            steps=steps,
            sagemaker_session=self.session,
        )


def session(project: Project, boto_session: boto3.Session | None = None) -> PipelineSession:
    """A session of the SDK that keeps code in the project's bucket instead of making one."""
    return PipelineSession(
        boto_session=boto_session or boto3.Session(region_name=project.region),
        default_bucket=project.bucket,
        default_bucket_prefix=f"{project.name}/code",
        sagemaker_config=SDK_SETTINGS,
    )


def uri(step: ProcessingStep, output: str) -> Properties:
    """Where a processing step wrote an output."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def read(name: str, source: Any) -> ProcessingInput:
    """An input, downloaded before the job starts. A directory of this machine is uploaded."""
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=source, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
        ),
    )


def written(name: str, target: Any, path: str = OUTPUT) -> ProcessingOutput:
    """An output, uploaded once the job is done."""
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=target, local_path=path, s3_upload_mode="EndOfJob"),
    )
