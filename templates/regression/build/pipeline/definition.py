"""The pipeline's definition, with version 3 of the SageMaker Python SDK. Making it uploads the code of the jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker.core import image_uris
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    MlflowConfig,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
    Tag,
)
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo, ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, Step, StepTypeEnum, TrainingStep
from sagemaker.train import ModelTrainer
from settings import Settings

from pipeline.project import Project

JOBS = Path(__file__).resolve().parents[1] / "jobs"
# scikit-learn of the jobs and of the endpoint. requirements-dev.txt has the same, so that tests and AWS agree.
SCIKIT_LEARN = "1.4-2-py312"
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
REPORT = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
CONTENT_TYPES = ["text/csv", "application/json"]


class RegisterStep(Step):
    """Registers a version by a request as CreateModelPackage takes it.

    The request is written out, because approvals are bound to what is in it.
    """

    def __init__(self, name: str, request: dict[str, Any]) -> None:
        """Keeps the request."""
        super().__init__(name, step_type=StepTypeEnum.REGISTER_MODEL)
        self.request = request

    @property
    def arguments(self) -> dict[str, Any]:
        """The request."""
        return self.request

    @property
    def properties(self) -> Properties:
        """What later steps may ask for."""
        return Properties(step_name=self.name, step=self, shape_name="DescribeModelPackageOutput")


class Builder:
    """Makes the steps, each from those before it."""

    def __init__(self, project: Project, settings: Settings, session: PipelineSession) -> None:
        """Keeps what the steps share."""
        self.project, self.settings, self.session = project, settings, session
        self.source = ParameterString(name="Source", default_value=settings.data.source)
        self.commit = ParameterString(name="Commit", default_value="unknown")
        self.image = image_uris.retrieve(
            "sklearn", project.region, version=SCIKIT_LEARN, instance_type=settings.compute.instance
        )
        self.environment = {"PIPELINE_EXECUTION": ExecutionVariables.PIPELINE_EXECUTION_ID}
        self.requirements = None
        if project.mlflow:
            self.environment |= {"MLFLOW_TRACKING_URI": project.mlflow, "MLFLOW_EXPERIMENT_NAME": project.name}
            self.requirements = "requirements-tracking.txt"

    def location(self, *parts: Any) -> Join:
        """An address in the stage's bucket that belongs to this execution."""
        start = [f"s3://{self.project.bucket}/{self.project.name}/executions", ExecutionVariables.PIPELINE_EXECUTION_ID]
        return Join(on="/", values=[*start, *parts])

    def processor(self, name: str) -> FrameworkProcessor:
        """Runs a script of the jobs."""
        compute = self.settings.compute
        return FrameworkProcessor(
            image_uri=self.image,
            command=["python3"],
            role=self.project.execution_role,
            instance_count=1,
            instance_type=compute.instance,
            volume_size_in_gb=compute.volume_gb,
            max_runtime_in_seconds=compute.maximum_minutes * 60,
            base_job_name=f"{self.project.name}-{name}",
            code_location=f"s3://{self.project.bucket}/{self.project.name}/code",
            sagemaker_session=self.session,
            env=self.environment,
            tags=[{"Key": key, "Value": value} for key, value in self.project.tags.items()],
        )

    def preprocess(self) -> ProcessingStep:
        """Rows to learn from and rows to be judged by."""
        own = bool(self.settings.data.source)
        arguments = self.processor("preprocess").run(
            code="preprocess.py",
            source_dir=str(JOBS),
            arguments=["--source", f"{INPUT}/source"] if own else None,
            inputs=[downloaded("source", self.source)] if own else None,
            outputs=[uploaded(name, self.location("data", name), f"{OUTPUT}/{name}") for name in ("train", "test")],
        )
        return ProcessingStep(name="Preprocess", step_args=arguments)

    def train(self, preprocess: ProcessingStep) -> TrainingStep:
        """The model."""
        compute = self.settings.compute
        trainer = ModelTrainer(
            training_image=self.image,
            source_code=SourceCode(source_dir=str(JOBS), command="python3 train.py", requirements=self.requirements),
            compute=Compute(instance_type=compute.instance, instance_count=1, volume_size_in_gb=compute.volume_gb),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=compute.maximum_minutes * 60),
            output_data_config=OutputDataConfig(s3_output_path=self.location("model")),
            environment=self.environment,
            role=self.project.execution_role,
            base_job_name=f"{self.project.name}-train",
            sagemaker_session=self.session,
            tags=[Tag(key=key, value=value) for key, value in self.project.tags.items()],
        )
        rows = InputData(channel_name="train", data_source=output_of(preprocess, "train"))
        return TrainingStep(name="Train", step_args=trainer.train(input_data_config=[rows]))

    def evaluate(self, preprocess: ProcessingStep, train: TrainingStep) -> ProcessingStep:
        """The report on the held-out rows."""
        arguments = self.processor("evaluate").run(
            code="evaluate_model.py",
            source_dir=str(JOBS),
            requirements=self.requirements,
            inputs=[
                downloaded("model", train.properties.ModelArtifacts.S3ModelArtifacts),
                downloaded("test", output_of(preprocess, "test")),
            ],
            outputs=[uploaded(REPORT.output_name, self.location("evaluation"), OUTPUT)],
        )
        return ProcessingStep(name="Evaluate", step_args=arguments, property_files=[REPORT])

    def register(self, train: TrainingStep, evaluate: ProcessingStep) -> RegisterStep:
        """A version in the dev registry that waits for the lead's approval."""
        report = Join(on="/", values=[output_of(evaluate, REPORT.output_name), REPORT.path])
        container = {
            "Image": self.image,
            "ModelDataUrl": train.properties.ModelArtifacts.S3ModelArtifacts,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        }
        request = {
            "ModelPackageGroupName": self.project.group,
            "ModelPackageDescription": f"predicts {self.settings.data.target}",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": CONTENT_TYPES,
                "SupportedResponseMIMETypes": CONTENT_TYPES,
                "SupportedRealtimeInferenceInstanceTypes": self.settings.serving.instances,
                "SupportedTransformInstanceTypes": self.settings.serving.instances,
            },
            "ModelApprovalStatus": "PendingManualApproval",
            "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending"},
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": report}}},
            "MetadataProperties": {
                "CommitId": self.commit,
                "Repository": self.project.repository,
                "GeneratedBy": ExecutionVariables.PIPELINE_EXECUTION_ARN,
                "ProjectId": self.project.name,
            },
            "CustomerMetadataProperties": {
                "data-source": self.settings.data.source or "scikit-learn diabetes",
                "target": self.settings.data.target,
            },
            "Domain": "MACHINE_LEARNING",
            "Task": "REGRESSION",
        }
        return RegisterStep("Register", request)

    def decide(self, evaluate: ProcessingStep, register: RegisterStep) -> ConditionStep:
        """Registers, or ends with the reason why not."""
        wanted = self.settings.evaluation
        rmse, r2 = (
            JsonGet(step_name=evaluate.name, property_file=REPORT, json_path=f"regression_metrics.{name}.value")
            for name in ("rmse", "r2")
        )
        reason = [f"wanted RMSE <= {wanted.maximum_rmse} and R2 >= {wanted.minimum_r2}, got ", rmse, " and ", r2]
        return ConditionStep(
            name="GoodEnough",
            conditions=[
                ConditionLessThanOrEqualTo(left=rmse, right=wanted.maximum_rmse),
                ConditionGreaterThanOrEqualTo(left=r2, right=wanted.minimum_r2),
            ],
            if_steps=[register],
            else_steps=[FailStep(name="NotGoodEnough", error_message=Join(on="", values=reason))],
        )


def build(project: Project, settings: Settings, session: PipelineSession) -> Pipeline:
    """The whole pipeline."""
    builder = Builder(project, settings, session)
    preprocess = builder.preprocess()
    train = builder.train(preprocess)
    evaluate = builder.evaluate(preprocess, train)
    decide = builder.decide(evaluate, builder.register(train, evaluate))
    tracking = None
    if project.mlflow:
        tracking = MlflowConfig(mlflow_resource_arn=project.mlflow, mlflow_experiment_name=project.name)
    return Pipeline(
        name=project.name,
        parameters=[builder.source, builder.commit] if settings.data.source else [builder.commit],
        mlflow_config=tracking,
        steps=[preprocess, train, evaluate, decide],
        sagemaker_session=session,
    )


def output_of(step: ProcessingStep, name: str) -> Any:
    """Where a processing step wrote one of its outputs."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def downloaded(name: str, source: Any) -> ProcessingInput:
    """Files that are there when a processing job begins."""
    place = ProcessingS3Input(
        s3_uri=source, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=place)


def uploaded(name: str, target: Any, path: str) -> ProcessingOutput:
    """Files that are kept when a processing job has ended."""
    place = ProcessingS3Output(s3_uri=target, local_path=path, s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=place)
